using System.Collections;
using System.Runtime.CompilerServices;

namespace OrleansFlow.Sql.Plans;

/// <summary>Makes a <see cref="ValueList{T}"/> of a collection expression.</summary>
internal static class ValueList
{
    public static ValueList<T> Create<T>(ReadOnlySpan<T> items) => new([.. items]);
}

/// <summary>An immutable list that is equal to another one with equal items, so that records of lists are values.</summary>
[CollectionBuilder(typeof(ValueList), nameof(ValueList.Create))]
internal sealed class ValueList<T>(T[] items) : IReadOnlyList<T>, IEquatable<ValueList<T>>
{
    public int Count => items.Length;

    public T this[int index] => items[index];

    public bool Equals(ValueList<T>? other) => other is not null && items.AsSpan().SequenceEqual(other.AsSpan(), null);

    public override bool Equals(object? obj) => Equals(obj as ValueList<T>);

    public override int GetHashCode()
    {
        var hash = default(HashCode);
        foreach (var item in items)
        {
            hash.Add(item);
        }

        return hash.ToHashCode();
    }

    public IEnumerator<T> GetEnumerator() => ((IEnumerable<T>)items).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => items.GetEnumerator();

    /// <summary>A list with every item replaced.</summary>
    public ValueList<TResult> Map<TResult>(Func<T, TResult> map) => new(Array.ConvertAll(items, item => map(item)));

    private ReadOnlySpan<T> AsSpan() => items;
}
