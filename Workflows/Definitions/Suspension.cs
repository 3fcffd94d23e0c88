using System.Collections.Immutable;
using System.Text.Json;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Workflows.Definitions;

/// <summary>
/// Says that a node is to run again later with the same input: <c>return Suspension.For(time, state);</c>. What it saved is in the scope of that run
/// (<see cref="NodeScope{TContext}.TryGetState{T}"/>). Its changes of the context are committed now. No worker is held meanwhile.
/// </summary>
public sealed class Suspension
{
    private Suspension(SavedState saved, string? signal, TimeSpan? wait, DateTimeOffset? untilUtc, ImmutableArray<ChildStart> children = default)
    {
        (Saved, Signal) = (saved, signal);
        Children = children.IsDefault ? [] : children;
        (Wait, UntilUtc) = (wait, untilUtc);
    }

    /// <summary>The signal that wakes the node; <see langword="null"/> when only the time does.</summary>
    public string? Signal { get; }

    internal SavedState Saved { get; }

    internal ImmutableArray<ChildStart> Children { get; }

    /// <summary>How long to wait; null when it is until a time, or without limit.</summary>
    internal TimeSpan? Wait { get; }

    /// <summary>Until when to wait; null when it is for a time, or without limit.</summary>
    internal DateTimeOffset? UntilUtc { get; }

    /// <summary>Runs again after a time.</summary>
    /// <typeparam name="TState">What is saved; has a JSON form.</typeparam>
    /// <param name="time">How long; not negative.</param>
    /// <param name="state">What is saved.</param>
    public static Suspension For<TState>(TimeSpan time, TState state)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(time, TimeSpan.Zero);
        return new(new SavedState<TState>(state), signal: null, time, untilUtc: null);
    }

    /// <summary>Runs again at a time; at once when it has passed.</summary>
    /// <typeparam name="TState">What is saved; has a JSON form.</typeparam>
    /// <param name="timeUtc">When.</param>
    /// <param name="state">What is saved.</param>
    public static Suspension Until<TState>(DateTimeOffset timeUtc, TState state) => new(new SavedState<TState>(state), signal: null, wait: null, timeUtc);

    /// <summary>Runs again when a signal comes, or without it when the time is up.</summary>
    /// <typeparam name="TState">What is saved; has a JSON form.</typeparam>
    /// <param name="signal">The signal's name.</param>
    /// <param name="state">What is saved.</param>
    /// <param name="atMost">How long to wait at most; <see langword="null"/>: no limit.</param>
    public static Suspension OnSignal<TState>(string signal, TState state, TimeSpan? atMost = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(signal);
        ArgumentOutOfRangeException.ThrowIfLessThan(atMost ?? TimeSpan.Zero, TimeSpan.Zero, nameof(atMost));
        return new(new SavedState<TState>(state), signal, atMost, untilUtc: null);
    }

    /// <summary>Starts child runs and runs again when all of them have ended, however; see <see cref="NodeScope{TContext}.Children"/>.</summary>
    /// <typeparam name="TState">What is saved; has a JSON form.</typeparam>
    /// <param name="state">What is saved.</param>
    /// <param name="children">The children, at least one.</param>
    public static Suspension OnChildren<TState>(TState state, params ReadOnlySpan<ChildStart> children) => children.IsEmpty
        ? throw new ArgumentException("A node that waits for children has at least one.", nameof(children))
        : new(new SavedState<TState>(state), signal: null, wait: null, untilUtc: null, [.. children]);

    /// <summary>The same wait for a signal or for children with a time-out: then the node runs again without the signal, or with children that have not ended.</summary>
    /// <param name="atMost">Longest wait; not negative. A run in this process runs its children itself and ends their wait with them.</param>
    /// <exception cref="InvalidOperationException">It waits for a time only.</exception>
    public Suspension Within(TimeSpan atMost)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(atMost, TimeSpan.Zero);
        return Signal is null && Children.IsEmpty
            ? throw new InvalidOperationException("A suspension that waits for a time only has no time-out.")
            : new(Saved, Signal, atMost, UntilUtc, Children);
    }

    internal DateTimeOffset? DueUtc(DateTimeOffset nowUtc) => UntilUtc ?? nowUtc + Wait;
}

/// <summary>What a node saved, with its type.</summary>
internal abstract class SavedState
{
    public abstract Payload Write(JsonSerializerOptions? json);
}

/// <summary>What a node saved.</summary>
internal sealed class SavedState<TState>(TState value) : SavedState
{
    public TState Value => value;

    public override Payload Write(JsonSerializerOptions? json) => new(JsonSerializer.SerializeToUtf8Bytes(value, json));
}
