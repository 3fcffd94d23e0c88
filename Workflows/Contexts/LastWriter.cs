using System.Text.Json.Serialization;

namespace OrleansFlow.Workflows.Contexts;

/// <summary>A value that may be overwritten; of concurrent writes the one with the later stamp stands.</summary>
/// <typeparam name="T">The value's type; compared with its own <c>Equals</c>.</typeparam>
public sealed record LastWriter<T> : IMergeable<LastWriter<T>>
{
    /// <summary>Restores a value from its JSON form. In code, say <see cref="Set"/>.</summary>
    /// <param name="value">The value.</param>
    /// <param name="stamp">When and by whom it was written; <c>default</c> for never.</param>
    [JsonConstructor]
    public LastWriter(T? value, WriterStamp stamp)
    {
        Value = value;
        Stamp = stamp;
    }

    /// <summary>Never written.</summary>
    public static LastWriter<T> Empty { get; } = new(default, default);

    /// <summary>What was written last; the type's default when nothing was.</summary>
    [JsonPropertyName("value")]
    public T? Value { get; }

    /// <summary>When and by whom.</summary>
    [JsonPropertyName("stamp")]
    public WriterStamp Stamp { get; }

    /// <summary>True once something was written.</summary>
    [JsonIgnore]
    public bool IsSet => Stamp != default;

    /// <summary>Overwrites the value.</summary>
    /// <param name="value">The new value.</param>
    /// <param name="clock">The clock of the step that writes.</param>
    public LastWriter<T> Set(T value, HybridClock clock)
    {
        ArgumentNullException.ThrowIfNull(clock);
        return new(value, clock.Next(Stamp.Time));
    }

    /// <inheritdoc/>
    public LastWriter<T> Merge(LastWriter<T> other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return other.Stamp > Stamp ? other : this;
    }

    /// <inheritdoc/>
    public LastWriter<T> DeltaSince(LastWriter<T> before)
    {
        ArgumentNullException.ThrowIfNull(before);
        return Stamp == before.Stamp ? Empty : this;
    }
}
