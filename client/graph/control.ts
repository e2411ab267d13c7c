/** What control nodes give, as types: the same rules as `graph/validate/resolve.ts`, on unions of field types. */
import type { LiveOf, Port } from './output.ts';

/** What the lists among `F` hold. */
export type ElementOf<F extends string> = F extends `${infer Element}[]` ? Element : F extends 'any' ? 'any' : never;

/** The same of what a collector begins with, where a value that is no list counts as one element. */
type GatheredOf<F extends string> = F extends `${infer Element}[]` ? Element : F;

export type FlowOf<P> = P extends Port<infer F> ? F : never;

/** An item of a collector: one output, or several. */
export type Items = Port | readonly Port[];

/** What a collector gathers; null counts for nothing. */
export type Gathered<Item, Collection> = Exclude<
  FlowOf<Item extends readonly (infer One)[] ? One : Item> | GatheredOf<FlowOf<Collection>>,
  'null'
>;

type Numeric = 'boolean' | 'integer' | 'float';
type Widest<F> = 'float' extends F ? 'float' : 'integer' extends F ? 'integer' : 'boolean';
type IsOne<F, Each = F> = F extends unknown ? ([Each] extends [F] ? true : false) : never;

/** The one type that every value of `F` has; never when there is none. `any` may be each of them, if it is durable. */
export type General<F extends string> = [F] extends [`${string}[]`]
  ? ListOf<General<ElementOf<F>>>
  : [Exclude<F, `${string}[]`>] extends [infer Plain extends string]
    ? [F] extends [Plain]
      ? GeneralPlain<F, Exclude<F, 'any'>>
      : [Plain] extends ['any']
        ? GeneralBeside<Exclude<F, Plain>>
        : never
    : never;

type ListOf<F extends string> = F extends unknown ? `${F}[]` : never;

/** Without lists. */
type GeneralPlain<F extends string, Named extends string> = [Named] extends [never]
  ? 'any'
  : [Named] extends [Numeric]
    ? Widest<Named>
    : IsOne<Named> extends true
      ? 'any' extends F
        ? Exclude<Named, LiveOf<Named>>
        : Named
      : never;

/** Lists beside `any`. */
type GeneralBeside<F extends string> = [LiveOf<F>] extends [never]
  ? [F] extends [`any${string}`]
    ? 'any'
    : General<F>
  : never;

/** Said where an iteration, or what a collector begins with, is no list. */
export interface NoList<F extends string> {
  readonly 'This output gives no list: connect one that does.': F;
}

/** Said where a collector would gather values of several types. */
export interface NotOneType<F extends string> {
  readonly 'A collect node gathers values of one type: give each type a collect node of its own.': F;
}

/** Said where a collector has nothing to gather. */
export interface NothingToCollect {
  readonly 'A collect node needs an item or a collection.': true;
}

export type MustBeList<P> = [P] extends [never]
  ? unknown
  : [ElementOf<FlowOf<P>>] extends [never]
    ? NoList<FlowOf<P>>
    : unknown;

export type MustBeOneType<Item, Collection> = [Item | Collection] extends [never]
  ? NothingToCollect
  : [Gathered<Item, Collection>] extends [never]
    ? unknown
    : [General<Gathered<Item, Collection>>] extends [never]
      ? NotOneType<Gathered<Item, Collection>>
      : unknown;

/** What a collector gives: any[] when nothing is known of what it gathers. */
export type CollectedFrom<Item, Collection> = [Gathered<Item, Collection>] extends [never]
  ? 'any[]'
  : ListOf<General<Gathered<Item, Collection>>>;

/** What a branch of an `if` gives: an output as it is, a literal by its kind. */
export type BranchFlow<B> =
  B extends Port<infer F>
    ? F
    : B extends null | undefined
      ? 'null'
      : B extends boolean
        ? 'boolean'
        : B extends string
          ? 'string'
          : B extends number
            ? NumberFlow<B>
            : B extends readonly unknown[]
              ? 'any[]'
              : 'any';

/** A number that is not known before it runs may be whole. */
type NumberFlow<N extends number> = number extends N
  ? 'integer' | 'float'
  : `${N}` extends `${bigint}`
    ? 'integer'
    : 'float';
