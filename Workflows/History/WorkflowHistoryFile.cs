using System.Buffers;
using System.Collections.Immutable;
using System.Text.Encodings.Web;
using System.Text.Json;
using OrleansFlow.Errors;
using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Workflows.History;

/// <summary>The history of a run as a file: its definition and all its events. To be kept with a project's tests (<see cref="WorkflowReplay"/>).</summary>
/// <param name="Definition">The definition that the run began with.</param>
/// <param name="Events">The run's events, in order.</param>
/// <param name="From">The run at the beginning of the events, where its log does not reach back to its start; otherwise <see langword="null"/>.</param>
public sealed record WorkflowHistoryFile(CompiledWorkflow Definition, ImmutableArray<WorkflowRunEvent> Events, WorkflowRunState? From = null)
{
    private const string Format = "orleansflow-workflow-history/1";

    private static readonly JsonWriterOptions Form = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, Indented = true };

    /// <summary>The run at the beginning of the events.</summary>
    public WorkflowRunState Beginning => From ?? WorkflowRunState.None(Definition);

    /// <summary>The run at the end of the events.</summary>
    public WorkflowRunState End => WorkflowRunDecider.ApplyAll(Beginning, Events);

    /// <summary>The history, line by line.</summary>
    public IEnumerable<WorkflowHistoryLine> Lines => WorkflowHistory.Lines(Beginning, Events);

    /// <summary>Makes a file of what a store has: rows of events.</summary>
    /// <param name="definition">The definition that the run began with.</param>
    /// <param name="rows">The rows, in order; each a JSON array of events.</param>
    /// <param name="from">The run at the beginning of the rows, where they do not reach back to its start.</param>
    /// <exception cref="FlowException"><see cref="FlowErrorCode.StateCorrupt"/>: a row cannot be read.</exception>
    public static WorkflowHistoryFile Of(CompiledWorkflow definition, IEnumerable<ReadOnlyMemory<byte>> rows, WorkflowRunState? from = null)
    {
        ArgumentNullException.ThrowIfNull(rows);
        return new(definition, [.. rows.SelectMany(row => WorkflowEventJson.Read(row))], from);
    }

    /// <summary>Reads a file.</summary>
    /// <param name="utf8">What <see cref="Write"/> made.</param>
    /// <exception cref="FlowException"><see cref="FlowErrorCode.BadInput"/>: it is no history of a workflow run.</exception>
    public static WorkflowHistoryFile Read(ReadOnlyMemory<byte> utf8)
    {
        try
        {
            using var document = JsonDocument.Parse(utf8);
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object || root.Text("format"u8) != Format)
            {
                throw new JsonException($"its format is not '{Format}'.");
            }

            var definition = root.GetProperty("definition"u8).Deserialize<CompiledWorkflow>() ?? throw new JsonException("the definition is null.");
            var from = root.TryGetProperty("from"u8, out var state) ? WorkflowRunJson.ReadSnapshot(state.ToPayload().Utf8.Span, definition) : null;
            return new(definition, root.List("events"u8, WorkflowEventJson.Event), from);
        }
        catch (Exception error) when (error is JsonException or FlowException or InvalidOperationException or FormatException or ArgumentException or KeyNotFoundException)
        {
            throw new FlowException(FlowErrorCode.BadInput, $"This is no history of a workflow run: {error.Message}", error);
        }
    }

    /// <summary>Writes the file.</summary>
    /// <returns>UTF-8 JSON, indented.</returns>
    public byte[] Write()
    {
        var buffer = new ArrayBufferWriter<byte>(4_096);
        using (var writer = new Utf8JsonWriter(buffer, Form))
        {
            writer.WriteStartObject();
            writer.WriteString("format"u8, Format);
            writer.WritePropertyName("definition"u8);
            JsonSerializer.Serialize(writer, Definition);
            if (From is not null)
            {
                writer.WritePropertyName("from"u8);
                writer.WriteRawValue(WorkflowRunJson.WriteSnapshot(From), skipInputValidation: true);
            }

            writer.WriteStartArray("events"u8);
            foreach (var happened in Events)
            {
                WorkflowEventJson.Write(writer, happened);
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }
}
