using System.Buffers;
using OrleansFlow.Arrow;
using OrleansFlow.Arrow.Kernels;

namespace OrleansFlow.Streaming.Aggregation;

/// <summary>Aggregates of rows by key, in memory. One caller at a time.</summary>
/// <remarks>
/// A partial is a batch of the key's columns and then those of each aggregate's state: partials of the same keys merge, in any order.
/// Groups are numbered from 0 in the order of their first rows.
/// </remarks>
internal sealed class GroupAggregator
{
    private readonly GroupIndex _index;
    private readonly int[] _partialKeys;
    private readonly AccumulatorSet _states;
    private readonly ArrowSchema _partialSchema;
    private readonly ArrowAllocator _allocator;
    private readonly ChangedGroups? _changed;

    /// <param name="keyTypes">Types of the key's columns; none: all rows are one group.</param>
    /// <param name="specs">The aggregates.</param>
    /// <param name="tracksChanges">Whether <see cref="TakeChanged()"/> is asked.</param>
    /// <param name="allocator">Where columns come from.</param>
    /// <exception cref="NotSupportedException">A type is no key, or an aggregate does not take such values.</exception>
    public GroupAggregator(IReadOnlyList<ArrowType> keyTypes, IReadOnlyList<AggregateSpec> specs, bool tracksChanges, ArrowAllocator allocator)
    {
        _allocator = allocator;
        _index = GroupIndex.Create(keyTypes);
        _partialKeys = [.. Enumerable.Range(0, keyTypes.Count)];
        _states = new AccumulatorSet(specs, allocator);
        _partialSchema = new ArrowSchema([.. PartialTypes(keyTypes, specs).Select((type, place) => new ArrowField($"c{place}", type))]);
        _changed = tracksChanges ? new ChangedGroups() : null;
    }

    /// <summary>Groups so far.</summary>
    public int Count => _index.Count;

    /// <summary>Bytes that it holds.</summary>
    public long ByteCount => _index.ByteCount + _states.ByteCount + (_changed?.ByteCount ?? 0);

    /// <summary>How many groups fit before it takes about twice its memory.</summary>
    public int Capacity => _index.Capacity;

    /// <summary>The columns of a partial.</summary>
    public ArrowSchema PartialSchema => _partialSchema;

    /// <summary>Types of the columns of a partial: the key's, then those of the states.</summary>
    public static IReadOnlyList<ArrowType> PartialTypes(IReadOnlyList<ArrowType> keyTypes, IReadOnlyList<AggregateSpec> specs) =>
        [.. keyTypes, .. specs.SelectMany(spec => Accumulator.Create(spec).PartialTypes)];

    /// <summary>Adds rows.</summary>
    /// <param name="batch">The rows; stays the caller's.</param>
    /// <param name="keyColumns">Places of the key's columns.</param>
    public void Add(RecordBatch batch, ReadOnlySpan<int> keyColumns)
    {
        var groups = ArrayPool<int>.Shared.Rent(batch.RowCount);
        try
        {
            var numbers = groups.AsSpan(0, batch.RowCount);
            Find(batch, keyColumns, numbers);
            _changed?.Mark(numbers);
            _states.Add(batch, numbers);
        }
        finally
        {
            ArrayPool<int>.Shared.Return(groups);
        }
    }

    /// <summary>Adds partials.</summary>
    /// <param name="partials">Columns of <see cref="PartialTypes"/>; further ones are ignored. Stays the caller's.</param>
    public void Merge(RecordBatch partials)
    {
        var groups = ArrayPool<int>.Shared.Rent(partials.RowCount);
        try
        {
            var numbers = groups.AsSpan(0, partials.RowCount);
            Find(partials, numbers);
            MergeTo(partials, numbers);
        }
        finally
        {
            ArrayPool<int>.Shared.Return(groups);
        }
    }

    /// <summary>Finds the groups of partials; new keys get new ones.</summary>
    public void Find(RecordBatch partials, Span<int> groups) => Find(partials, _partialKeys, groups);

    /// <summary>Adds partials to groups that were found.</summary>
    public void MergeTo(RecordBatch partials, ReadOnlySpan<int> groups)
    {
        _changed?.Mark(groups);
        _states.Merge(partials, _partialKeys.Length, groups);
    }

    /// <summary>Sets groups to partials, whatever they were. Of several partials of one key the last one counts.</summary>
    /// <param name="partials">As for <see cref="Merge"/>.</param>
    public void Replace(RecordBatch partials)
    {
        var (before, groups) = (_index.Count, ArrayPool<int>.Shared.Rent(partials.RowCount));
        try
        {
            var numbers = groups.AsSpan(0, partials.RowCount);
            Find(partials, numbers);

            // What a checkpoint wrote first is all of new keys: nothing is there that a row could replace.
            if (!AreNumberedFrom(before, numbers))
            {
                KeepLast(numbers);
                Reset(numbers);
            }

            MergeTo(partials, numbers);
        }
        finally
        {
            ArrayPool<int>.Shared.Return(groups);
        }
    }

    /// <summary>Makes groups those of no rows. They keep their numbers.</summary>
    public void Reset(ReadOnlySpan<int> groups)
    {
        _changed?.Mark(groups);
        _states.Reset(groups);
    }

    /// <summary>The keys of groups and their states, as columns that the caller owns.</summary>
    public ArrowArray[] Partials(ReadOnlySpan<int> groups) => Partials(groups, _index.Keys(groups, _allocator), _allocator);

    /// <summary>As the other, to be kept for a while: states are copied to memory of the caller's allocator, keys are shared where that can be.</summary>
    public ArrowArray[] Partials(ReadOnlySpan<int> groups, ArrowAllocator allocator) => Partials(groups, _index.SharedKeys(groups) ?? _index.Keys(groups, allocator), allocator);

    /// <summary>As <see cref="Partials(ReadOnlySpan{int})"/>, as a batch.</summary>
    public RecordBatch PartialBatch(ReadOnlySpan<int> groups) => ArrowColumns.ToBatch(_partialSchema, Partials(groups), groups.Length);

    /// <summary>The hash of the keys of groups, by which edges shuffle.</summary>
    public void Hash(ReadOnlySpan<int> groups, Span<ulong> hashes)
    {
        using var keys = new RecordBatch(new ArrowSchema([.. _partialSchema.Fields.Take(_partialKeys.Length)]), _index.Keys(groups, _allocator), groups.Length);
        Hash(keys, hashes);
    }

    /// <summary>The hash of the keys of partials.</summary>
    public void Hash(RecordBatch partials, Span<ulong> hashes)
    {
        if (_partialKeys.Length == 0)
        {
            hashes.Clear();
        }
        else
        {
            RowHash.Compute(partials, _partialKeys, hashes);
        }
    }

    /// <summary>The groups that were not reset to no rows; one of the aggregates has to be the count of rows.</summary>
    public int[] GroupsWithRows() => _states.GroupsWithRows(_index.Count);

    /// <summary>The keys of groups and their results, as columns that the caller owns.</summary>
    /// <param name="groups">Which groups.</param>
    /// <param name="resultCount">How many of the aggregates are wanted: the first ones.</param>
    /// <exception cref="OverflowException">A sum does not fit its type.</exception>
    public ArrowArray[] Results(ReadOnlySpan<int> groups, int resultCount)
    {
        var keys = _index.Keys(groups, _allocator);
        try
        {
            return [.. keys, .. _states.Results(groups, resultCount)];
        }
        catch
        {
            ArrowColumns.Release(keys);
            throw;
        }
    }

    /// <summary>The groups that have changed since this was asked before, in their order.</summary>
    public int[] TakeChanged()
    {
        var (changed, next) = (new int[_changed?.Count(Count) ?? 0], 0);
        TakeChanged(changed, ref next);
        ForgetChanged();
        return changed;
    }

    /// <summary>Some of the groups that have changed, in their order. All are to be taken before rows are added.</summary>
    /// <param name="groups">Gets their numbers.</param>
    /// <param name="next">Where to go on: 0 at first, and then what the call before left.</param>
    /// <returns>How many there were; less than the length of <paramref name="groups"/> when there are no more.</returns>
    public int TakeChanged(Span<int> groups, ref int next) => _changed?.Take(groups, Count, ref next) ?? 0;

    /// <summary>Whether a group has changed since <see cref="TakeChanged()"/>. Not to be asked unless changes are tracked.</summary>
    public bool IsChanged(int group) => _changed!.Contains(group);

    /// <summary>From here on nothing has changed.</summary>
    public void ForgetChanged() => _changed?.Forget(Count);

    /// <summary>Makes room at once for about as many groups as are expected.</summary>
    public void Expect(int count)
    {
        _index.Expect(count);
        _states.Reserve(count);
    }

    /// <summary>Forgets all groups, but not the room for them.</summary>
    public void Clear()
    {
        _index.Clear();
        _states.Clear();
        _changed?.Clear();
    }

    private ArrowArray[] Partials(ReadOnlySpan<int> groups, ArrowArray[] keys, ArrowAllocator allocator)
    {
        try
        {
            return [.. keys, .. _states.Partials(groups, allocator)];
        }
        catch
        {
            ArrowColumns.Release(keys);
            throw;
        }
    }

    private static bool AreNumberedFrom(int first, ReadOnlySpan<int> groups)
    {
        for (var row = 0; row < groups.Length; row++)
        {
            if (groups[row] != first + row)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Of several rows of one group all but the last are left out.</summary>
    private static void KeepLast(Span<int> groups)
    {
        var seen = new HashSet<int>(groups.Length);
        for (var row = groups.Length - 1; row >= 0; row--)
        {
            groups[row] = seen.Add(groups[row]) ? groups[row] : -1;
        }
    }

    private void Find(RecordBatch batch, ReadOnlySpan<int> keyColumns, Span<int> groups)
    {
        var keys = new ArrowArray[keyColumns.Length];
        for (var i = 0; i < keys.Length; i++)
        {
            keys[i] = batch.Column(keyColumns[i]);
        }

        _index.Find(keys, groups);
        _states.Reserve(_index.Count);
    }
}
