using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace OrleansFlow.Workflows.Contexts;

/// <summary>A list of events that is only appended to; what concurrent branches append is merged into one order.</summary>
/// <remarks>
/// <para>
/// The order is (hybrid time, writer, sequence): an event stands after everything that its writer had read, each writer's events stay in the order in
/// which they were appended, and every merge gives the same list. Appending and merging k events costs O(k log n).
/// </para>
/// <para>A value like any other context: what a step appends and does not commit was never there.</para>
/// </remarks>
/// <typeparam name="TEvent">The events' type; compared with its own <c>Equals</c>.</typeparam>
public sealed class EventLog<TEvent> : IMergeable<EventLog<TEvent>>, IEquatable<EventLog<TEvent>>
{
    private readonly ImmutableSortedSet<LogEntry<TEvent>> _entries;
    private readonly ChangeJournal<LogEntry<TEvent>> _journal;

    /// <summary>Restores a log from its JSON form. In code, start with <see cref="Empty"/>.</summary>
    /// <param name="entries">The events, in any order.</param>
    [JsonConstructor]
    public EventLog(ImmutableArray<LogEntry<TEvent>> entries)
        : this(ImmutableSortedSet.CreateRange(ByStamp.Instance, entries.IsDefault ? [] : entries), new())
    {
    }

    private EventLog(ImmutableSortedSet<LogEntry<TEvent>> entries, ChangeJournal<LogEntry<TEvent>> journal) => (_entries, _journal) = (entries, journal);

    /// <summary>No events.</summary>
    public static EventLog<TEvent> Empty { get; } = new([]);

    /// <summary>How many events.</summary>
    [JsonIgnore]
    public int Count => _entries.Count;

    /// <summary>The events in their order. O(n).</summary>
    [JsonIgnore]
    public IEnumerable<TEvent> Events => _entries.Select(entry => entry.Event);

    /// <summary>The events with their stamps, in their order. O(n), it copies; for the JSON form.</summary>
    [JsonPropertyName("entries")]
    public ImmutableArray<LogEntry<TEvent>> Entries => [.. _entries];

    /// <summary>An event by its place in the order. O(log n).</summary>
    /// <param name="index">From 0.</param>
    public LogEntry<TEvent> this[int index] => _entries[index];

    /// <summary>Appends an event after all that are here.</summary>
    /// <param name="event">The event.</param>
    /// <param name="clock">The clock of the step that appends.</param>
    public EventLog<TEvent> Append(TEvent @event, HybridClock clock)
    {
        ArgumentNullException.ThrowIfNull(clock);
        var entry = new LogEntry<TEvent>(clock.Next(_entries.IsEmpty ? default : _entries.Max.Stamp.Time), @event);
        return new(_entries.Add(entry), _journal.Then(entry));
    }

    /// <summary>Builds a state from the events in their order.</summary>
    /// <typeparam name="TState">What is built.</typeparam>
    /// <param name="start">The state before the first event.</param>
    /// <param name="apply">Gets the state and an event, and returns the next state.</param>
    public TState ApplyAll<TState>(TState start, Func<TState, TEvent, TState> apply) => Events.Aggregate(start, apply);

    /// <inheritdoc/>
    public EventLog<TEvent> Merge(EventLog<TEvent> other)
    {
        ArgumentNullException.ThrowIfNull(other);
        var (large, small) = Count >= other.Count ? (this, other) : (other, this);
        var entries = large._entries.Union(small._entries);
        return ReferenceEquals(entries, _entries) ? this : new(entries, new());
    }

    /// <inheritdoc/>
    public EventLog<TEvent> DeltaSince(EventLog<TEvent> before)
    {
        ArgumentNullException.ThrowIfNull(before);
        IEnumerable<LogEntry<TEvent>> added = _journal.Since(before._journal) is { } appended ? appended : _entries.Except(before._entries);
        var delta = ImmutableSortedSet.CreateRange(ByStamp.Instance, added);
        return delta.IsEmpty ? Empty : new(delta, new());
    }

    /// <inheritdoc/>
    public bool Equals(EventLog<TEvent>? other) => other is not null && _entries.SequenceEqual(other._entries);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as EventLog<TEvent>);

    /// <inheritdoc/>
    public override int GetHashCode() => Count;

    private sealed class ByStamp : IComparer<LogEntry<TEvent>>
    {
        public static readonly ByStamp Instance = new();

        public int Compare(LogEntry<TEvent> x, LogEntry<TEvent> y) => x.Stamp.CompareTo(y.Stamp);
    }
}
