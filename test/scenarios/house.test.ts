// Written by the engineer of house, hooks and budget; the faults engineer leaves this file alone.
