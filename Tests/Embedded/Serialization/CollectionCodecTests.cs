using System.Collections;
using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Collections.ObjectModel;
using Orleans.Serialization;

namespace OrleansFlow.Tests.Embedded.Serialization;

/// <summary>Collections of the platform: copied with elements, order and comparer, or shared where nobody can change them.</summary>
#pragma warning disable CA1861 // Arrays are the values under test.
public sealed class CollectionCodecTests
{
    [Fact]
    public void Collections_Mutable_AreCopiedWithElementsAndOrder()
    {
        CheckSequence<List<int>, int>([1, 2, 3]);
        CheckSequence<int[], int>([1, 2, 3]);
        CheckSequence<byte[], byte>([1, 2, 3]);
        CheckSequence<string[][], string[]>([["a"], []]);
        CheckSequence<HashSet<string>, string>(["a", "b"]);
        CheckSequence<SortedSet<int>, int>([3, 1]);
        CheckSequence<Queue<int>, int>(new Queue<int>([1, 2]));
        CheckSequence<Stack<int>, int>(new Stack<int>([1, 2]));
        CheckSequence<LinkedList<int>, int>(new LinkedList<int>([1, 2]));
        CheckSequence<ConcurrentQueue<int>, int>(new ConcurrentQueue<int>([1, 2]));
        CheckSequence<Dictionary<string, int>, KeyValuePair<string, int>>(new() { ["a"] = 1, ["b"] = 2 });
        CheckSequence<SortedDictionary<string, int>, KeyValuePair<string, int>>(new() { ["b"] = 1, ["a"] = 2 });
        CheckSequence<SortedList<string, int>, KeyValuePair<string, int>>(new() { ["b"] = 1, ["a"] = 2 });
        CheckSequence<ConcurrentDictionary<string, int>, KeyValuePair<string, int>>(new([new("a", 1)]));
        CheckSequence<ReadOnlyCollection<int>, int>(new ReadOnlyCollection<int>([1, 2]));
        CheckSequence<ReadOnlyDictionary<string, int>, KeyValuePair<string, int>>(new(new Dictionary<string, int> { ["a"] = 1 }));
    }

    [Fact]
    public void Collections_ImmutableOfImmutable_AreShared()
    {
        CheckShared<ImmutableList<int>, int>([1, 2]);
        CheckShared<ImmutableHashSet<string>, string>(["a"]);
        CheckShared<ImmutableSortedSet<int>, int>([2, 1]);
        CheckShared<ImmutableQueue<int>, int>([2, 1]);
        CheckShared<ImmutableDictionary<string, Point>, KeyValuePair<string, Point>>(
            ImmutableDictionary<string, Point>.Empty.Add("a", new Point(1, 2)));
        CheckShared<ImmutableSortedDictionary<int, string>, KeyValuePair<int, string>>(
            ImmutableSortedDictionary<int, string>.Empty.Add(1, "x"));
        Assert.Equal([1, 2], RoundTrip.Of<ImmutableArray<int>>([1, 2]));
        Assert.Equal([], RoundTrip.Of(ImmutableArray<int>.Empty));
        Assert.True(RoundTrip.Of(default(ImmutableArray<int>)).IsDefault);
        Assert.True(RoundTrip.Copier.Copy(default(ImmutableArray<int[]>)).IsDefault);
    }

    [Fact]
    public void Collections_ImmutableOfMutable_AreCopied()
    {
        ImmutableList<int[]> list = [[1], [2]];
        ImmutableArray<int[]> array = [[1]];

        var copy = RoundTrip.Copier.Copy(list);

        Assert.Equal(list, copy);
        Assert.NotSame(list[0], copy[0]);
        Assert.NotSame(array[0], RoundTrip.Copier.Copy(array)[0]);
    }

    [Fact]
    public void Comparers_OfDictionariesAndSets_AreKept()
    {
        var map = new Dictionary<string, int>(StringComparer.OrdinalIgnoreCase) { ["A"] = 1 };
        var set = ImmutableHashSet.Create(StringComparer.Ordinal, "A");
        var custom = new HashSet<string>(new ByLength()) { "aa" };

        Assert.Equal(1, RoundTrip.Of(map)["a"]);
        Assert.Equal(1, RoundTrip.Copier.Copy(map)["a"]);
        Assert.Equal(StringComparer.Ordinal, RoundTrip.Of(set).KeyComparer);
        Assert.Contains("bb", RoundTrip.Copier.Copy(custom));
        Assert.Contains(nameof(ByLength), Assert.Throws<CodecNotFoundException>(() => RoundTrip.Of(custom)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Interfaces_OfCollections_KeepTheRuntimeType()
    {
        Assert.IsType<List<int>>(RoundTrip.Of<IEnumerable<int>>(new List<int> { 1 }));
        Assert.IsType<int[]>(RoundTrip.Copier.Copy<IReadOnlyList<int>>(new[] { 1 }));
        Assert.IsType<HashSet<string>>(RoundTrip.Of<IReadOnlySet<string>>(new HashSet<string> { "a" }));
        Assert.IsType<Dictionary<string, object>>(
            RoundTrip.Of<IReadOnlyDictionary<string, object>>(new Dictionary<string, object> { ["a"] = 1 }));
        Assert.IsType<List<IEnumerable<int>>>(RoundTrip.Of<object>(new List<IEnumerable<int>> { new[] { 1 } }));
        Assert.IsType<string[]>(RoundTrip.Of<object[]>(new string[] { "covariant" }));
    }

    [Fact]
    public void CollectionExpression_OfReadOnlyInterface_ArrivesAsArray()
    {
        IReadOnlyList<int> many = [1, 2, 3];
        IEnumerable<string> one = ["a"];

        Assert.Equal(many, RoundTrip.Of(many));
        Assert.Equal(many, RoundTrip.Copier.Copy(many));
        Assert.Equal(one, RoundTrip.Of(one));
    }

    [Fact]
    public void LinqQuery_Copied_IsRefusedWithAdvice()
    {
        var exception = Assert.Throws<CodecNotFoundException>(
            () => RoundTrip.Copier.Copy(new[] { 1 }.Where(static x => x > 0)));

        Assert.Contains("ToList()", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void MultiDimensionalArray_Copied_IsRefusedWithAdvice() => Assert.Contains(
        "array of arrays",
        Assert.Throws<CodecNotFoundException>(() => RoundTrip.Copier.Copy(new int[2, 2])).Message,
        StringComparison.Ordinal);

    private static void CheckSequence<TCollection, T>(TCollection collection)
        where TCollection : class, IEnumerable<T>
    {
        foreach (var back in (TCollection[])[RoundTrip.Of(collection), RoundTrip.Copier.Copy(collection)])
        {
            Assert.NotSame(collection, back);
            Assert.Equal(collection.AsEnumerable(), back.AsEnumerable());
        }

        Assert.Equal(collection.AsEnumerable(), Assert.IsType<TCollection>(RoundTrip.Of<IEnumerable>(collection)).AsEnumerable());
    }

    private static void CheckShared<TCollection, T>(TCollection collection)
        where TCollection : class, IEnumerable<T>
    {
        Assert.Same(collection, RoundTrip.Copier.Copy(collection));
        Assert.Equal(collection.AsEnumerable(), RoundTrip.Of(collection).AsEnumerable());
    }

    private sealed class ByLength : IEqualityComparer<string>
    {
        public bool Equals(string? x, string? y) => x?.Length == y?.Length;

        public int GetHashCode(string obj) => obj.Length;
    }
}
