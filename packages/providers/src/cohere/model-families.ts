/** True for models that think, and for unknown ones: the vendor rejects the parameter for models that do not. */
export function thinks(model: string): boolean {
  return !/^(?:command$|command-(?:light|nightly|r)|command-a-(?:03-2025|vision|translate)|c4ai-)/.test(model);
}
