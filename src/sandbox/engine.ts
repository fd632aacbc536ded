import published from '@jitl/quickjs-wasmfile-release-sync';
import {
  newQuickJSWASMModuleFromVariant,
  newVariant,
  type QuickJSSyncVariant,
  type QuickJSWASMModule,
} from 'quickjs-emscripten-core';

const PAGES_PER_MIB = 16;
const INITIAL_MIB = 16;
const MIB = 1_048_576;

/** Node has it, its types do not yet. */
declare global {
  namespace WebAssembly {
    class Memory {
      constructor(size: { initial: number; maximum: number });
      readonly buffer: ArrayBuffer;
    }
  }
}

/** A JavaScript engine with a memory of its own that cannot grow beyond its limit, whatever runs in it. */
export interface Engine {
  module: QuickJSWASMModule;
  maxBytes: number;
  usedBytes(): number;
}

/** @param memoryMb the engine's own limits do not bound what many small requests add up to; this does */
export async function openEngine(memoryMb: number): Promise<Engine> {
  const mib = Math.max(INITIAL_MIB, memoryMb);
  const memory = new WebAssembly.Memory({ initial: INITIAL_MIB * PAGES_PER_MIB, maximum: mib * PAGES_PER_MIB });
  const module = await newQuickJSWASMModuleFromVariant(newVariant(variantOf(published), { wasmMemory: memory }));
  return { module, maxBytes: mib * MIB, usedBytes: () => memory.buffer.byteLength };
}

/** The package describes its CommonJS build, whose default export is one level deeper than that of the one Node loads. */
function variantOf(imported: unknown): QuickJSSyncVariant {
  if (!isVariant(imported)) throw new Error('the JavaScript engine of the sandbox is not the one it was built with');
  return imported;
}

function isVariant(value: unknown): value is QuickJSSyncVariant {
  return (
    typeof value === 'object' && value !== null && 'type' in value && value.type === 'sync' && 'importFFI' in value
  );
}
