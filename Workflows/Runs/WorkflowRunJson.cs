using System.Buffers;
using System.Collections.Immutable;
using System.Text.Encodings.Web;
using System.Text.Json;
using OrleansFlow.Errors;
using OrleansFlow.Workflows.Definitions;

namespace OrleansFlow.Workflows.Runs;

/// <summary>The stored form of a run: its state with its place in the log.</summary>
/// <remarks>Indexes are not stored: they follow from the items and are made again.</remarks>
public static partial class WorkflowRunJson
{
    private static readonly JsonWriterOptions Form = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>Writes a run with its definition.</summary>
    /// <param name="run">The run.</param>
    /// <returns>UTF-8 JSON.</returns>
    public static byte[] Write(WorkflowRunState run) => Write(run, withDefinition: true);

    /// <summary>Writes a run without its definition.</summary>
    /// <param name="run">The run.</param>
    /// <returns>UTF-8 JSON.</returns>
    public static byte[] WriteSnapshot(WorkflowRunState run) => Write(run, withDefinition: false);

    /// <summary>Reads a run.</summary>
    /// <param name="utf8">What <see cref="Write(WorkflowRunState)"/> made.</param>
    /// <exception cref="FlowException"><see cref="FlowErrorCode.StateCorrupt"/>: it is no run.</exception>
    public static WorkflowRunState Read(ReadOnlySpan<byte> utf8) => Read(utf8, workflow: null);

    /// <summary>Reads a run whose definition is stored elsewhere.</summary>
    /// <param name="utf8">What <see cref="WriteSnapshot"/> made.</param>
    /// <param name="workflow">The definition that the run began with.</param>
    /// <exception cref="FlowException"><see cref="FlowErrorCode.StateCorrupt"/>: it is no run, or one of another definition.</exception>
    public static WorkflowRunState ReadSnapshot(ReadOnlySpan<byte> utf8, CompiledWorkflow workflow)
    {
        ArgumentNullException.ThrowIfNull(workflow);
        return Read(utf8, workflow);
    }

    /// <summary>Name, version and hash of the definition of a stored run, to find it by.</summary>
    /// <param name="utf8">What <see cref="WriteSnapshot"/> or <see cref="Write(WorkflowRunState)"/> made.</param>
    /// <exception cref="FlowException"><see cref="FlowErrorCode.StateCorrupt"/>: it is no run.</exception>
    public static (string Name, int Version, string Hash) DefinitionOf(ReadOnlySpan<byte> utf8)
    {
        var reader = new Utf8JsonReader(utf8);
        try
        {
            using var document = JsonDocument.ParseValue(ref reader);
            var root = document.RootElement;
            return (root.Required("workflow"u8), (int)root.Number("version"u8), root.Required("hash"u8));
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            throw Corrupt(error);
        }
    }

    private static byte[] Write(WorkflowRunState run, bool withDefinition)
    {
        ArgumentNullException.ThrowIfNull(run);
        var buffer = new ArrayBufferWriter<byte>(2_048);
        using (var writer = new Utf8JsonWriter(buffer, Form))
        {
            writer.WriteStartObject();
            Head(writer, run);
            Work(writer, run);
            Outside(writer, run);
            if (withDefinition)
            {
                writer.WritePropertyName("definition"u8);
                JsonSerializer.Serialize(writer, run.Workflow);
            }

            writer.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    private static WorkflowRunState Read(ReadOnlySpan<byte> utf8, CompiledWorkflow? workflow)
    {
        try
        {
            var reader = new Utf8JsonReader(utf8);
            using var document = JsonDocument.ParseValue(ref reader);
            var root = document.RootElement;
            workflow ??= root.GetProperty("definition"u8).Deserialize<CompiledWorkflow>() ?? throw new JsonException("The definition is null.");
            if (root.Text("hash"u8) is { } hash && hash != workflow.Hash)
            {
                throw new JsonException($"the run began with version {root.Number("version"u8)} of workflow '{root.Text("workflow"u8)}' ({hash[..Math.Min(8, hash.Length)]}), not with version {workflow.Version} of '{workflow.Name}' ({workflow.Hash[..8]}).");
            }

            var run = new WorkflowRunState(workflow);
            Head(root, run);
            Work(root, run);
            Outside(root, run);
            return RunEdit.Indexed(run);
        }
        catch (Exception error) when (error is JsonException or ArgumentException or InvalidOperationException or KeyNotFoundException or FormatException or IndexOutOfRangeException)
        {
            throw Corrupt(error);
        }
    }

    private static FlowException Corrupt(Exception error) => new(FlowErrorCode.StateCorrupt, $"The stored workflow run cannot be read: {error.Message}", error);

    private static void Array<T>(Utf8JsonWriter writer, ReadOnlySpan<byte> name, IReadOnlyCollection<T> values, Action<Utf8JsonWriter, T> write)
    {
        if (values.Count > 0)
        {
            writer.WriteStartArray(name);
            foreach (var value in values)
            {
                write(writer, value);
            }

            writer.WriteEndArray();
        }
    }

    private static ImmutableSortedDictionary<TKey, TValue> Map<TKey, TValue>(
        ImmutableSortedDictionary<TKey, TValue> empty, JsonElement from, ReadOnlySpan<byte> name, Func<JsonElement, KeyValuePair<TKey, TValue>> read)
        where TKey : notnull => empty.AddRange(from.List(name, read));
}
