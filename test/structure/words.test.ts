import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Names that have a standard name by now (left: the old one). They have no ordinary meaning and are used nowhere. */
const REPLACED = `
  openStaircase StaircaseParts openRoad LastingParts LASTING_SETTINGS openLastingParts openLife LifeParts cooldownsOf
  countersOf nothingDemanded Demand Abilities abilities unmetNeeds hasAbilities
  Errand errand runErrand ErrandAnswer ErrandReply ErrandRequest ErrandNeed
  HeldIds HeldKind HeldOperation HeldAction openHeldIds heldIds heldIdsOf findHeld nothingHeld nothingCanBeHeld
  KeptAnswers KeptOperation KeptAction needsKeeper isKept keepsAnswers mayAnswer whoMayAnswer
  ConversationOperation longestConversationMs Steering steering readSteering Steered steeringPrefixes
  TellRoad tellOwnWay tellLitellmWay isTold toldBy ErrorSpelling StreamSpelling spellChatUsage spellingOf
  answerOrEstimate OwnAnswer answeredHere usableGroup placeFor addressBelow settledPrincipal
  isLastHope mayTakeUp RouteMeans HouseMeans MeansOfCall ExplainMeans RankMeans SignMeans toldRoom
  isOnTrial probedAt restsUntil fullUntil hasSiblings laneFor openLanes sortOf PoolAtWork whyNot PickedCall pickedCall
  drawOrder keepRecent restMs quotaRestMs restsForMs cools leadsTo circleFrom fallbackCircles starsIn fillStars
  hasOpenVendor takeUp takenUp SaidSoFar RelayedStream lastWords StreamHold NOTHING_HELD
  askDeployment AskedAttempt AskParts onBroken usedBefore soFar withoutCredentials ReserveRoom NoRoom letThrough
  MeterParts mayAskTwice UNTOLD chargeOnce ChargeOnce guardedCounters CountersLeftAlone KeyRing PriceBook
  openKeyRing openPriceBook refusalOf SinkLane openSinkLane sealThinking momentOf
`
  .trim()
  .split(/\s+/);

/** Places where an old name is the subject. */
const ABOUT_OLD_NAMES = [
  'packages/core/src/config/renamed-keys.ts',
  'packages/core/src/config/renamed-keys.test.ts',
  'test/structure/words.test.ts',
];

/** Old names in one place that mean something else there, and why. */
const OTHER_MEANINGS: readonly { readonly word: string; readonly file: RegExp; readonly reason: string }[] = [
  {
    word: 'restMs',
    file: /^test\/simulation\//,
    reason: 'the rest of an answer, in milliseconds',
  },
];

describe('names are the standard ones', () => {
  const word = new RegExp(`(?<![\\w$])(?:${REPLACED.join('|')})(?![\\w$])`, 'g');

  it('in sources, tests, messages and documents', () => {
    const found = textFiles().flatMap((file) =>
      [...new Set(readFileSync(join(root, file), 'utf8').match(word))]
        .filter((each) => !OTHER_MEANINGS.some((other) => other.word === each && other.file.test(file)))
        .map((each) => `${file}: ${each}`),
    );
    expect(found).toEqual([]);
  });
});

function textFiles(): readonly string[] {
  return execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
  })
    .split('\n')
    .filter((file) => /\.(?:ts|mjs|cjs|js|md|json|ya?ml)$/.test(file) && file !== 'pnpm-lock.yaml')
    .filter((file) => !ABOUT_OLD_NAMES.includes(file) && existsSync(join(root, file)));
}
