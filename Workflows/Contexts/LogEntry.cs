using System.Text.Json.Serialization;

namespace OrleansFlow.Workflows.Contexts;

/// <summary>One event of a log.</summary>
/// <typeparam name="TEvent">The events' type.</typeparam>
/// <param name="Stamp">When and by whom it was appended; unique in a log.</param>
/// <param name="Event">The event.</param>
public readonly record struct LogEntry<TEvent>(
    [property: JsonPropertyName("stamp")] WriterStamp Stamp,
    [property: JsonPropertyName("event")] TEvent Event);
