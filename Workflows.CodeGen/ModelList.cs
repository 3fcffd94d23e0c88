using System.Collections;

namespace OrleansFlow.Workflows.CodeGen;

/// <summary>A list compared by its elements, so that unchanged models stop the generator.</summary>
internal readonly struct ModelList<T>(T[] items) : IEquatable<ModelList<T>>, IReadOnlyList<T>
    where T : IEquatable<T>
{
    private T[] Items => items ?? [];

    public int Count => Items.Length;

    public T this[int index] => Items[index];

    public bool Equals(ModelList<T> other) => Items.AsSpan().SequenceEqual(other.Items);

    public override bool Equals(object? obj) => obj is ModelList<T> other && Equals(other);

    public override int GetHashCode() => Items.Aggregate(17, static (hash, item) => (hash * 31) + (item?.GetHashCode() ?? 0));

    public IEnumerator<T> GetEnumerator() => ((IEnumerable<T>)Items).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
