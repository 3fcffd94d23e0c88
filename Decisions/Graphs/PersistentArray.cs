using System.Collections;
using System.Runtime.CompilerServices;

namespace OrleansFlow.Decisions.Graphs;

/// <summary>An immutable list that shares all but the way to what changed with its successor.</summary>
/// <remarks>
/// A trie of blocks of 32: reading costs one step for each five bits of the length, setting copies one block on each level. Equal neighbours of the
/// beginning share one block, so that a hundred thousand pending tasks cost three thousand references. 8 bytes an item, where a balanced
/// tree has 48. Source: Bagwell, "Ideal Hash Trees", EPFL 2001, as vectors use it.
/// </remarks>
/// <typeparam name="T">What it holds.</typeparam>
[CollectionBuilder(typeof(PersistentArray), nameof(PersistentArray.Create))]
public sealed class PersistentArray<T> : IReadOnlyList<T>
{
    private const int Bits = 5;
    private const int BlockSize = 1 << Bits;
    private const int Mask = BlockSize - 1;

    /// <summary>Of no items.</summary>
    internal static readonly PersistentArray<T> Empty = new(Array.Empty<T>(), 0, 0);

    /// <summary>A block of items where the shift is 0, else a block of blocks.</summary>
    private readonly object _root;
    private readonly int _shift;

    private PersistentArray(object root, int shift, int count)
    {
        _root = root;
        _shift = shift;
        Count = count;
    }

    /// <inheritdoc/>
    public int Count { get; }

    /// <inheritdoc/>
    public T this[int index] => BlockOf(index)[index & Mask];

    /// <summary>The list with another item at <paramref name="index"/>.</summary>
    public PersistentArray<T> SetItem(int index, T item)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count, nameof(index));
        return new PersistentArray<T>(Set(_root, _shift, index, item), _shift, Count);
    }

    /// <summary>The list with an item added at the end, <paramref name="count"/> times. Costs a reference for each block.</summary>
    public PersistentArray<T> Add(T item, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        if (count == 0)
        {
            return this;
        }

        var blocks = new List<object>(((Count + count) >> Bits) + 1);
        for (var first = 0; first < Count - (Count & Mask); first += BlockSize)
        {
            blocks.Add(BlockOf(first));
        }

        var left = count;
        if ((Count & Mask) is > 0 and var used)
        {
            var added = Math.Min(BlockSize - used, left);
            blocks.Add((T[])[.. BlockOf(Count - 1), .. Enumerable.Repeat(item, added)]);
            left -= added;
        }

        T[] full = left < BlockSize ? [] : [.. Enumerable.Repeat(item, BlockSize)];
        for (; left >= BlockSize; left -= BlockSize)
        {
            blocks.Add(full);
        }

        if (left > 0)
        {
            blocks.Add((T[])[.. Enumerable.Repeat(item, left)]);
        }

        return OfBlocks([.. blocks], Count + count);
    }

    /// <summary>The list with each item replaced. Blocks that are shared are asked once; one that does not change stays shared.</summary>
    /// <param name="change">A pure function.</param>
    public PersistentArray<T> Map(Func<T, T> change)
    {
        ArgumentNullException.ThrowIfNull(change);
        (T[]? Before, T[]? After) last = default;
        var root = Count == 0 ? _root : MapBlock(_root, _shift);
        return ReferenceEquals(root, _root) ? this : new PersistentArray<T>(root, _shift, Count);

        object MapBlock(object block, int shift)
        {
            if (shift > 0)
            {
                var inner = (object[])block;
                object[]? changed = null;
                for (var index = 0; index < inner.Length; index++)
                {
                    var after = MapBlock(inner[index], shift - Bits);
                    if (!ReferenceEquals(after, inner[index]))
                    {
                        (changed ??= inner.AsSpan().ToArray())[index] = after;
                    }
                }

                return changed ?? inner;
            }

            var items = (T[])block;
            if (!ReferenceEquals(items, last.Before))
            {
                last = (items, MapItems(items, change));
            }

            return last.After!;
        }
    }

    /// <inheritdoc/>
    public IEnumerator<T> GetEnumerator()
    {
        for (var first = 0; first < Count; first += BlockSize)
        {
            var block = BlockOf(first);
            for (var index = 0; index < block.Length; index++)
            {
                yield return block[index];
            }
        }
    }

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>A list over blocks, all of them full but for the last.</summary>
    internal static PersistentArray<T> OfBlocks(object[] blocks, int count)
    {
        var shift = 0;
        while (blocks.Length > 1)
        {
            shift += Bits;
            blocks = [.. blocks.Chunk(BlockSize).Select(object (inner) => inner)];
        }

        return new PersistentArray<T>(blocks[0], shift, count);
    }

    private static T[] MapItems(T[] items, Func<T, T> change)
    {
        T[]? changed = null;
        for (var index = 0; index < items.Length; index++)
        {
            var after = change(items[index]);
            if (typeof(T).IsValueType || !ReferenceEquals(after, items[index]))
            {
                (changed ??= items.AsSpan().ToArray())[index] = after;
            }
        }

        return changed ?? items;
    }

    private static object Set(object block, int shift, int index, T item)
    {
        if (shift == 0)
        {
            var items = ((T[])block).AsSpan().ToArray();
            items[index & Mask] = item;
            return items;
        }

        var inner = ((object[])block).AsSpan().ToArray();
        var place = (index >> shift) & Mask;
        inner[place] = Set(inner[place], shift - Bits, index, item);
        return inner;
    }

    private T[] BlockOf(int index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count, nameof(index));
        var block = _root;
        for (var shift = _shift; shift > 0; shift -= Bits)
        {
            block = ((object[])block)[(index >> shift) & Mask];
        }

        return (T[])block;
    }
}

/// <summary>Makes lists of <see cref="PersistentArray{T}"/>.</summary>
public static class PersistentArray
{
    private const int BlockSize = 32;

    /// <summary>A list of the items; what a collection expression calls.</summary>
    public static PersistentArray<T> Create<T>(ReadOnlySpan<T> items)
    {
        if (items.IsEmpty)
        {
            return PersistentArray<T>.Empty;
        }

        var blocks = new object[(items.Length + BlockSize - 1) / BlockSize];
        for (var block = 0; block < blocks.Length; block++)
        {
            blocks[block] = items.Slice(block * BlockSize, Math.Min(BlockSize, items.Length - (block * BlockSize))).ToArray();
        }

        return PersistentArray<T>.OfBlocks(blocks, items.Length);
    }

    /// <summary>A list of the same item, <paramref name="count"/> times.</summary>
    public static PersistentArray<T> Repeat<T>(T item, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        if (count == 0)
        {
            return PersistentArray<T>.Empty;
        }

        var blocks = new object[(count + BlockSize - 1) / BlockSize];
        Array.Fill(blocks, BlockOf(item, Math.Min(count, BlockSize)));
        if (count % BlockSize > 0 && count > BlockSize)
        {
            blocks[^1] = BlockOf(item, count % BlockSize);
        }

        return PersistentArray<T>.OfBlocks(blocks, count);
    }

    private static T[] BlockOf<T>(T item, int count)
    {
        var block = new T[count];
        Array.Fill(block, item);
        return block;
    }
}
