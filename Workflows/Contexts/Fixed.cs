using System.Text.Json.Serialization;

namespace OrleansFlow.Workflows.Contexts;

/// <summary>A value that is set once, when the run starts, and read by every step.</summary>
/// <remarks>
/// A merge keeps the value that is there and ignores the other one. Commutativity therefore holds for what one run can hold, which is one value or
/// none; two different ones are a mistake that <see cref="MergeLaws"/> reports.
/// </remarks>
/// <typeparam name="T">What is fixed; compared with its own <c>Equals</c>.</typeparam>
public sealed record Fixed<T> : IMergeable<Fixed<T>>
{
    /// <summary>Restores a value from its JSON form, <c>{"value": …}</c>. In code, say <see cref="Of"/>.</summary>
    /// <param name="value">The value; its default when there is none.</param>
    /// <param name="isUnset">True when there is none.</param>
    [JsonConstructor]
    public Fixed(T? value, bool isUnset)
    {
        Value = value;
        IsUnset = isUnset;
    }

    /// <summary>Nothing is fixed yet.</summary>
    public static Fixed<T> Empty { get; } = new(default, isUnset: true);

    /// <summary>The value; its type's default when <see cref="IsUnset"/>.</summary>
    [JsonPropertyName("value")]
    public T? Value { get; }

    /// <summary>True for <see cref="Empty"/>.</summary>
    [JsonPropertyName("unset")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool IsUnset { get; }

    /// <summary>Fixes a value.</summary>
    /// <param name="value">What every step is to read.</param>
    public static Fixed<T> Of(T value) => new(value, isUnset: false);

    /// <inheritdoc/>
    public Fixed<T> Merge(Fixed<T> other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return IsUnset ? other : this;
    }

    /// <inheritdoc/>
    public Fixed<T> DeltaSince(Fixed<T> before)
    {
        ArgumentNullException.ThrowIfNull(before);
        return before.IsUnset ? this : Empty;
    }
}
