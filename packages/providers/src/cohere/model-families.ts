/** True for models that think, and for those not known yet: of a model that does not, the vendor refuses to be asked. */
export function thinks(model: string): boolean {
  return !/^(?:command$|command-(?:light|nightly|r)|command-a-(?:03-2025|vision|translate)|c4ai-)/.test(model);
}
