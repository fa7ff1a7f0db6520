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
  AdmissionParts AnswerStreamParts ChargeOnceParts ConverseParts HeldCallParts IdentifyParts KeptParts OpenCallParts
  RelayParts RouteParts StrategyParts UsageQueueParts ConfigSurroundings DeploymentSurroundings RouteSurroundings
  MAX_TAKE_UPS takeUps MAX_LANES standingsOf conversationEnded runConversation openConversation LONGEST_CONVERSATION_MS
  untellable Teller fitNotes KEEPERS wiresOfOthers usualKeys lentKeys roleBy Borrower askGateway HandedReply
  ServedRequest hasLeft LlmAuthenticating LlmAuthorizing LlmIntercepting LlmDiversion Judgement inLiteLlmsWords
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

/** Old names that are ordinary words as well, and the meaning that they keep. Nothing is exported under them. */
const ORDINARY: Readonly<Record<string, string>> = {
  again: 'once more',
  asked: 'what a request asks for, or how often somebody was asked',
  elsewhere: 'in another place',
  held: 'what a test or a lease holds',
  hold: 'to contain, or to apply',
  keeps: 'leaves unchanged',
  kept: 'left unchanged',
  lose: 'not to win',
  mark: 'a sign in a text',
  meanwhile: 'in the time between',
  rest: 'what remains',
  said: 'what a message says',
  seen: 'met before',
  shown: 'printed',
  standing: 'state of a counter',
  told: 'said to somebody',
  trip: 'a round trip: there and back',
  who: 'the pronoun',
};

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

  it('and old names that are ordinary words are exported by no package', () => {
    const words = Object.keys(ORDINARY).join('|');
    const exported = new RegExp(`^export (?:const|let|(?:async )?function|class|interface|type) (?:${words})\\b`, 'im');
    const found = textFiles()
      .filter((file) => /^packages\/[^/]+\/src\/.*(?<!\.test)\.ts$/.test(file))
      .filter((file) => exported.test(readFileSync(join(root, file), 'utf8')));
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
