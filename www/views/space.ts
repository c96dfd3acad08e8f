/**
 * Which space the direction figure shows. Where input and target are one space, latents read and write in it. A
 * transcoder reads in one and writes in another: the reading of the weights that is chosen picks the one to show.
 */
import type { Basis, RunData } from './view';
import { sideOf } from './words';

export interface Space {
  dimension: number;
  /** [n_features, dimension], unit rows. */
  truth: Float32Array;
  /** The weights that are followed, one vector a latent … */
  main: 'encoder' | 'decoder';
  /** … and whether the other ones live here too. */
  both: boolean;
  /** Which space this is, for the caption; empty where there is only one. */
  said: string;
}

export function spaceOf({ config, world }: RunData, basis: Basis): Space {
  const both = config.model.task !== 'transcoder';
  const target = { dimension: world.n_target, truth: world.directions_out, main: 'decoder' as const, both };
  if (both) {
    const said = world.n_sources > 1 ? `The ${world.n_sources} sources are laid end to end. ` : '';
    return { ...target, said };
  }
  if (sideOf(basis) === 'decoder')
    return {
      ...target,
      said: 'The target’s space, where latents write; read the weights as encoder rows to see the input’s. ',
    };
  const input = { dimension: world.n_input, truth: world.directions_in, main: 'encoder' as const, both };
  return {
    ...input,
    said: 'The input’s space, which latents listen to; read the weights as decoder columns to see the target’s. ',
  };
}
