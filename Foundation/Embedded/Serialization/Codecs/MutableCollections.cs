using System.Collections.Concurrent;

namespace Orleans.Embedded.Serialization;

// Mutable collections of the platform, one line a difference. Dictionaries hold key-value pairs.

internal sealed class ListCodec<T> : SequenceCodec<List<T>, T>
{
    protected override List<T> CopyAtOnce(List<T> collection) => [.. collection];

    protected override int Count(List<T> collection) => collection.Count;

    protected override List<T> Create(int capacity, uint comparer) => new(capacity);

    protected override List<T> CreateLike(List<T> collection) => new(collection.Count);

    protected override void Add(List<T> collection, T element) => collection.Add(element);
}

internal sealed class HashSetCodec<T> : SequenceCodec<HashSet<T>, T>
{
    protected override HashSet<T> CopyAtOnce(HashSet<T> collection) => new(collection, collection.Comparer);

    protected override int Count(HashSet<T> collection) => collection.Count;

    protected override HashSet<T> Create(int capacity, uint comparer) => new(capacity, Comparers.Equality<T>(comparer));

    protected override HashSet<T> CreateLike(HashSet<T> collection) => new(collection.Count, collection.Comparer);

    protected override void Add(HashSet<T> collection, T element) => collection.Add(element);

    protected override void WriteComparer(CodecWriter writer, HashSet<T> collection) =>
        Comparers.Write(writer, collection.Comparer, typeof(HashSet<T>));
}

internal sealed class SortedSetCodec<T> : SequenceCodec<SortedSet<T>, T>
{
    protected override int Count(SortedSet<T> collection) => collection.Count;

    protected override SortedSet<T> Create(int capacity, uint comparer) => new(Comparers.Order<T>(comparer));

    protected override SortedSet<T> CreateLike(SortedSet<T> collection) => new(collection.Comparer);

    protected override void Add(SortedSet<T> collection, T element) => collection.Add(element);

    protected override void WriteComparer(CodecWriter writer, SortedSet<T> collection) =>
        Comparers.Write(writer, collection.Comparer, typeof(SortedSet<T>));
}

internal sealed class QueueCodec<T> : SequenceCodec<Queue<T>, T>
{
    protected override int Count(Queue<T> collection) => collection.Count;

    protected override Queue<T> Create(int capacity, uint comparer) => new(capacity);

    protected override Queue<T> CreateLike(Queue<T> collection) => new(collection.Count);

    protected override void Add(Queue<T> collection, T element) => collection.Enqueue(element);
}

internal sealed class StackCodec<T> : SequenceCodec<Stack<T>, T>
{
    protected override int Count(Stack<T> collection) => collection.Count;

    protected override Stack<T> Create(int capacity, uint comparer) => new(capacity);

    protected override Stack<T> CreateLike(Stack<T> collection) => new(collection.Count);

    protected override void Add(Stack<T> collection, T element) => collection.Push(element);

    protected override IEnumerable<T> InAddingOrder(Stack<T> collection) => collection.Reverse();
}

internal sealed class LinkedListCodec<T> : SequenceCodec<LinkedList<T>, T>
{
    protected override int Count(LinkedList<T> collection) => collection.Count;

    protected override LinkedList<T> Create(int capacity, uint comparer) => new();

    protected override LinkedList<T> CreateLike(LinkedList<T> collection) => new();

    protected override void Add(LinkedList<T> collection, T element) => collection.AddLast(element);
}

internal sealed class ConcurrentQueueCodec<T> : SequenceCodec<ConcurrentQueue<T>, T>
{
    protected override int Count(ConcurrentQueue<T> collection) => collection.Count;

    protected override ConcurrentQueue<T> Create(int capacity, uint comparer) => new();

    protected override ConcurrentQueue<T> CreateLike(ConcurrentQueue<T> collection) => new();

    protected override void Add(ConcurrentQueue<T> collection, T element) => collection.Enqueue(element);
}

internal sealed class DictionaryCodec<TKey, TValue> : SequenceCodec<Dictionary<TKey, TValue>, KeyValuePair<TKey, TValue>>
    where TKey : notnull
{
    protected override Dictionary<TKey, TValue> CopyAtOnce(Dictionary<TKey, TValue> collection) => new(collection, collection.Comparer);

    protected override int Count(Dictionary<TKey, TValue> collection) => collection.Count;

    protected override Dictionary<TKey, TValue> Create(int capacity, uint comparer) => new(capacity, Comparers.Equality<TKey>(comparer));

    protected override Dictionary<TKey, TValue> CreateLike(Dictionary<TKey, TValue> collection) => new(collection.Count, collection.Comparer);

    protected override void Add(Dictionary<TKey, TValue> collection, KeyValuePair<TKey, TValue> element) => collection[element.Key] = element.Value;

    protected override void WriteComparer(CodecWriter writer, Dictionary<TKey, TValue> collection) =>
        Comparers.Write(writer, collection.Comparer, typeof(Dictionary<TKey, TValue>));
}

internal sealed class SortedDictionaryCodec<TKey, TValue> : SequenceCodec<SortedDictionary<TKey, TValue>, KeyValuePair<TKey, TValue>>
    where TKey : notnull
{
    protected override int Count(SortedDictionary<TKey, TValue> collection) => collection.Count;

    protected override SortedDictionary<TKey, TValue> Create(int capacity, uint comparer) => new(Comparers.Order<TKey>(comparer));

    protected override SortedDictionary<TKey, TValue> CreateLike(SortedDictionary<TKey, TValue> collection) => new(collection.Comparer);

    protected override void Add(SortedDictionary<TKey, TValue> collection, KeyValuePair<TKey, TValue> element) => collection[element.Key] = element.Value;

    protected override void WriteComparer(CodecWriter writer, SortedDictionary<TKey, TValue> collection) =>
        Comparers.Write(writer, collection.Comparer, typeof(SortedDictionary<TKey, TValue>));
}

internal sealed class SortedListCodec<TKey, TValue> : SequenceCodec<SortedList<TKey, TValue>, KeyValuePair<TKey, TValue>>
    where TKey : notnull
{
    protected override int Count(SortedList<TKey, TValue> collection) => collection.Count;

    protected override SortedList<TKey, TValue> Create(int capacity, uint comparer) => new(capacity, Comparers.Order<TKey>(comparer));

    protected override SortedList<TKey, TValue> CreateLike(SortedList<TKey, TValue> collection) => new(collection.Count, collection.Comparer);

    protected override void Add(SortedList<TKey, TValue> collection, KeyValuePair<TKey, TValue> element) => collection[element.Key] = element.Value;

    protected override void WriteComparer(CodecWriter writer, SortedList<TKey, TValue> collection) =>
        Comparers.Write(writer, collection.Comparer, typeof(SortedList<TKey, TValue>));
}

internal sealed class ConcurrentDictionaryCodec<TKey, TValue> : SequenceCodec<ConcurrentDictionary<TKey, TValue>, KeyValuePair<TKey, TValue>>
    where TKey : notnull
{
    protected override int Count(ConcurrentDictionary<TKey, TValue> collection) => collection.Count;

    protected override ConcurrentDictionary<TKey, TValue> Create(int capacity, uint comparer) => new(Comparers.Equality<TKey>(comparer));

    protected override ConcurrentDictionary<TKey, TValue> CreateLike(ConcurrentDictionary<TKey, TValue> collection) => new(collection.Comparer);

    protected override void Add(ConcurrentDictionary<TKey, TValue> collection, KeyValuePair<TKey, TValue> element) => collection[element.Key] = element.Value;

    protected override void WriteComparer(CodecWriter writer, ConcurrentDictionary<TKey, TValue> collection) =>
        Comparers.Write(writer, collection.Comparer, typeof(ConcurrentDictionary<TKey, TValue>));
}
