/**
 * What AWF uses of the price table. This is the only file that imports it, and a bundle of its own (`script/build`): the
 * table is larger than the rest of a program, and most runs never load it.
 */
export { calcPrice, findProvider } from '@pydantic/genai-prices';
