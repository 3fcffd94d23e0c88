using System.Collections.Immutable;
using System.Collections.ObjectModel;

namespace Orleans.Embedded.Serialization;

// Collections that never change, one line a difference. They are shared when their elements are immutable.

internal sealed class ImmutableArrayCodec<T> : BuiltSequenceCodec<ImmutableArray<T>, T>
{
    protected override bool IsAbsent(ImmutableArray<T> collection) => collection.IsDefault;

    protected override int Count(ImmutableArray<T> collection) => collection.Length;

    protected override ImmutableArray<T> Build(List<T> elements, uint comparer) => [.. elements];

    protected override ImmutableArray<T> BuildLike(ImmutableArray<T> original, List<T> elements) => [.. elements];
}

internal sealed class ImmutableListCodec<T> : BuiltSequenceCodec<ImmutableList<T>, T>
{
    protected override int Count(ImmutableList<T> collection) => collection.Count;

    protected override ImmutableList<T> Build(List<T> elements, uint comparer) => [.. elements];

    protected override ImmutableList<T> BuildLike(ImmutableList<T> original, List<T> elements) => [.. elements];
}

internal sealed class ImmutableQueueCodec<T> : BuiltSequenceCodec<ImmutableQueue<T>, T>
{
    protected override int Count(ImmutableQueue<T> collection) => collection.Count();

    protected override ImmutableQueue<T> Build(List<T> elements, uint comparer) => [.. elements];

    protected override ImmutableQueue<T> BuildLike(ImmutableQueue<T> original, List<T> elements) => [.. elements];
}

internal sealed class ImmutableHashSetCodec<T> : BuiltSequenceCodec<ImmutableHashSet<T>, T>
{
    protected override int Count(ImmutableHashSet<T> collection) => collection.Count;

    protected override ImmutableHashSet<T> Build(List<T> elements, uint comparer) => elements.ToImmutableHashSet(Comparers.Equality<T>(comparer));

    protected override ImmutableHashSet<T> BuildLike(ImmutableHashSet<T> original, List<T> elements) => elements.ToImmutableHashSet(original.KeyComparer);

    protected override void WriteComparer(CodecWriter writer, ImmutableHashSet<T> collection) =>
        Comparers.Write(writer, collection.KeyComparer, typeof(ImmutableHashSet<T>));
}

internal sealed class ImmutableSortedSetCodec<T> : BuiltSequenceCodec<ImmutableSortedSet<T>, T>
{
    protected override int Count(ImmutableSortedSet<T> collection) => collection.Count;

    protected override ImmutableSortedSet<T> Build(List<T> elements, uint comparer) => elements.ToImmutableSortedSet(Comparers.Order<T>(comparer));

    protected override ImmutableSortedSet<T> BuildLike(ImmutableSortedSet<T> original, List<T> elements) => elements.ToImmutableSortedSet(original.KeyComparer);

    protected override void WriteComparer(CodecWriter writer, ImmutableSortedSet<T> collection) =>
        Comparers.Write(writer, collection.KeyComparer, typeof(ImmutableSortedSet<T>));
}

internal sealed class ImmutableDictionaryCodec<TKey, TValue> : BuiltSequenceCodec<ImmutableDictionary<TKey, TValue>, KeyValuePair<TKey, TValue>>
    where TKey : notnull
{
    protected override int Count(ImmutableDictionary<TKey, TValue> collection) => collection.Count;

    protected override ImmutableDictionary<TKey, TValue> Build(List<KeyValuePair<TKey, TValue>> elements, uint comparer) => ImmutableDictionary.CreateRange(Comparers.Equality<TKey>(comparer), elements);

    protected override ImmutableDictionary<TKey, TValue> BuildLike(ImmutableDictionary<TKey, TValue> original, List<KeyValuePair<TKey, TValue>> elements) => ImmutableDictionary.CreateRange(original.KeyComparer, original.ValueComparer, elements);

    protected override void WriteComparer(CodecWriter writer, ImmutableDictionary<TKey, TValue> collection) =>
        Comparers.Write(writer, collection.KeyComparer, typeof(ImmutableDictionary<TKey, TValue>));
}

internal sealed class ImmutableSortedDictionaryCodec<TKey, TValue> : BuiltSequenceCodec<ImmutableSortedDictionary<TKey, TValue>, KeyValuePair<TKey, TValue>>
    where TKey : notnull
{
    protected override int Count(ImmutableSortedDictionary<TKey, TValue> collection) => collection.Count;

    protected override ImmutableSortedDictionary<TKey, TValue> Build(List<KeyValuePair<TKey, TValue>> elements, uint comparer) => ImmutableSortedDictionary.CreateRange(Comparers.Order<TKey>(comparer), elements);

    protected override ImmutableSortedDictionary<TKey, TValue> BuildLike(ImmutableSortedDictionary<TKey, TValue> original, List<KeyValuePair<TKey, TValue>> elements) => ImmutableSortedDictionary.CreateRange(original.KeyComparer, original.ValueComparer, elements);

    protected override void WriteComparer(CodecWriter writer, ImmutableSortedDictionary<TKey, TValue> collection) =>
        Comparers.Write(writer, collection.KeyComparer, typeof(ImmutableSortedDictionary<TKey, TValue>));
}

internal sealed class ReadOnlyCollectionCodec<T> : BuiltSequenceCodec<ReadOnlyCollection<T>, T>
{
    // A view: the list behind it may change.
    public override bool IsReadOnly => false;

    protected override int Count(ReadOnlyCollection<T> collection) => collection.Count;

    protected override ReadOnlyCollection<T> Build(List<T> elements, uint comparer) => new(elements);

    protected override ReadOnlyCollection<T> BuildLike(ReadOnlyCollection<T> original, List<T> elements) => new(elements);
}

internal sealed class ReadOnlyDictionaryCodec<TKey, TValue> : BuiltSequenceCodec<ReadOnlyDictionary<TKey, TValue>, KeyValuePair<TKey, TValue>>
    where TKey : notnull
{
    // A view: the dictionary behind it may change.
    public override bool IsReadOnly => false;

    protected override int Count(ReadOnlyDictionary<TKey, TValue> collection) => collection.Count;

    protected override ReadOnlyDictionary<TKey, TValue> Build(List<KeyValuePair<TKey, TValue>> elements, uint comparer) => new(new Dictionary<TKey, TValue>(elements));

    protected override ReadOnlyDictionary<TKey, TValue> BuildLike(ReadOnlyDictionary<TKey, TValue> original, List<KeyValuePair<TKey, TValue>> elements) => new(new Dictionary<TKey, TValue>(elements));
}
