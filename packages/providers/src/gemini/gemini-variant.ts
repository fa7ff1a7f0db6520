/** The variant of the API: Google's two services with the same models differ in details. */
export interface GeminiVariant {
  /** The provider's name, for messages. */
  readonly providerName: string;
  /** Files by URL need their type. */
  readonly needsMediaType: boolean;
  /** The client's tools together with the vendor's need a flag. */
  readonly announcesMixedTools: boolean;
}
