/** Where the wire is spoken: Google's two offers of the same models differ in small things. */
export interface Surface {
  /** The provider's name, for messages. */
  readonly who: string;
  /** Files elsewhere must be named with their type. */
  readonly needsMediaType: boolean;
  /** The client's tools beside the vendor's must be announced. */
  readonly announcesMixedTools: boolean;
}
