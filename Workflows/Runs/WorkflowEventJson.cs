using System.Buffers;
using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using OrleansFlow.Errors;

namespace OrleansFlow.Workflows.Runs;

/// <summary>The stored form of events: JSON with short names, payloads as they are. One commit is an array.</summary>
public static partial class WorkflowEventJson
{
    private static readonly JsonWriterOptions Form = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    [ThreadStatic]
    private static Utf8JsonWriter? _writer;

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _buffer;

    /// <summary>Writes the events of a commit.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="events">The events, in order.</param>
    public static void Write(IBufferWriter<byte> output, ImmutableArray<WorkflowRunEvent> events) => Write(output, events.AsSpan());

    /// <summary>Writes the events of a commit.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="events">The events, in order.</param>
    [OverloadResolutionPriority(1)]
    public static void Write(IBufferWriter<byte> output, ReadOnlySpan<WorkflowRunEvent> events)
    {
        var writer = _writer ??= new Utf8JsonWriter(Stream.Null, Form);
        writer.Reset(output);
        writer.WriteStartArray();
        foreach (var happened in events)
        {
            Write(writer, happened);
        }

        writer.WriteEndArray();
        writer.Flush();
        writer.Reset(Stream.Null);
    }

    /// <summary>Writes the events of a commit.</summary>
    /// <param name="events">The events, in order.</param>
    /// <returns>UTF-8 JSON.</returns>
    public static byte[] ToUtf8(ImmutableArray<WorkflowRunEvent> events) => ToUtf8(events.AsSpan());

    /// <summary>Writes the events of a commit.</summary>
    /// <param name="events">The events, in order.</param>
    /// <returns>UTF-8 JSON.</returns>
    [OverloadResolutionPriority(1)]
    public static byte[] ToUtf8(ReadOnlySpan<WorkflowRunEvent> events)
    {
        var buffer = _buffer ??= new ArrayBufferWriter<byte>(1_024);
        buffer.ResetWrittenCount();
        Write(buffer, events);
        var utf8 = buffer.WrittenSpan.ToArray();
        if (buffer.Capacity > 1_048_576)
        {
            _buffer = null;
        }

        return utf8;
    }

    /// <summary>Writes an event.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="happened">The event.</param>
    public static void Write(Utf8JsonWriter writer, WorkflowRunEvent happened)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(happened);
        writer.WriteStartObject();
        switch (happened)
        {
            case WorkflowRunEvent.Committed committed:
                Head(writer, "step"u8, happened);
                Lease(writer, committed.Item, committed.Epoch);
                writer.WritePropertyName("o"u8);
                StepOutcomeJson.Write(writer, committed.Outcome);
                break;
            case WorkflowRunEvent.Leased leased:
                Head(writer, "lease"u8, happened);
                Lease(writer, leased.Item, leased.Epoch);
                writer.Put("worker"u8, leased.Worker);
                writer.Put("session"u8, leased.Session);
                break;
            case WorkflowRunEvent.Failed failed:
                Head(writer, "fail"u8, happened);
                Lease(writer, failed.Item, failed.Epoch);
                writer.WriteNumber("kind"u8, (int)failed.Kind);
                writer.WriteString("why"u8, failed.Message);
                writer.Put("code"u8, (long)(failed.Code ?? 0));
                writer.Put("retry"u8, failed.RetryUtc);
                break;
            case WorkflowRunEvent.Lost lost:
                Head(writer, "lost"u8, happened);
                Lease(writer, lost.Item, lost.Epoch);
                writer.Put("taken"u8, lost.IsTakeover);
                break;
            case WorkflowRunEvent.Ticked:
                Head(writer, "tick"u8, happened);
                break;
            case WorkflowRunEvent.Signalled signalled:
                Head(writer, "signal"u8, happened);
                writer.WriteString("name"u8, signalled.Name);
                writer.Put("with"u8, signalled.Payload);
                writer.Put("id"u8, signalled.Id);
                break;
            case WorkflowRunEvent.Started started:
                Head(writer, "start"u8, happened);
                Members(writer, started);
                break;
            default:
                Rare(writer, happened);
                break;
        }

        writer.WriteEndObject();
    }

    /// <summary>Reads the events of a commit.</summary>
    /// <param name="utf8">What <see cref="Write(IBufferWriter{byte}, ImmutableArray{WorkflowRunEvent})"/> made. Nothing of it is kept.</param>
    /// <exception cref="FlowException"><see cref="FlowErrorCode.StateCorrupt"/>: these are no events.</exception>
    public static ImmutableArray<WorkflowRunEvent> Read(ReadOnlyMemory<byte> utf8)
    {
        try
        {
            using var document = JsonDocument.Parse(utf8);
            var events = ImmutableArray.CreateBuilder<WorkflowRunEvent>(document.RootElement.GetArrayLength());
            foreach (var item in document.RootElement.EnumerateArray())
            {
                events.Add(Event(item));
            }

            return events.MoveToImmutable();
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or FormatException or ArgumentException or KeyNotFoundException)
        {
            throw new FlowException(FlowErrorCode.StateCorrupt, $"The stored events of a workflow run cannot be read: {error.Message}", error);
        }
    }

    private static void Head(Utf8JsonWriter writer, ReadOnlySpan<byte> kind, WorkflowRunEvent happened)
    {
        writer.WriteString("t"u8, kind);
        writer.WriteNumber("at"u8, happened.AtUtc.UtcTicks);
    }

    private static void Lease(Utf8JsonWriter writer, long item, long epoch)
    {
        writer.WriteNumber("i"u8, item);
        writer.WriteNumber("e"u8, epoch);
    }

    private static void Members(Utf8JsonWriter writer, WorkflowRunEvent.Started started)
    {
        writer.WriteString("run"u8, started.RunId);
        writer.WriteString("workflow"u8, started.Workflow);
        writer.WriteNumber("version"u8, started.Version);
        writer.WriteString("hash"u8, started.Hash);
        writer.Put("in"u8, started.Input);
        writer.Put("context"u8, started.Context);
        writer.Put("retry"u8, started.DefaultRetry);
        writer.Put("key"u8, started.IdempotencyKey);
        writer.Put("parent"u8, started.ParentRun);
        writer.Put("parentOrder"u8, started.ParentOrder);
        writer.Put("deadline"u8, started.DeadlineUtc);
        writer.Put("notBefore"u8, started.NotBeforeUtc);
        writer.Put("attributes"u8, started.Attributes);
    }

    private static void Rare(Utf8JsonWriter writer, WorkflowRunEvent happened)
    {
        switch (happened)
        {
            case WorkflowRunEvent.UpdateAsked asked:
                Head(writer, "update"u8, happened);
                writer.WriteString("id"u8, asked.Id);
                writer.WriteString("name"u8, asked.Name);
                writer.Put("with"u8, asked.Payload);
                break;
            case WorkflowRunEvent.Steered steered:
                Head(writer, "steer"u8, happened);
                writer.WriteNumber("how"u8, (int)steered.Kind);
                writer.Put("why"u8, steered.Reason);
                writer.Put("deadline"u8, steered.DeadlineUtc);
                break;
            case WorkflowRunEvent.Folded folded:
                Head(writer, "fold"u8, happened);
                writer.WriteNumber("version"u8, folded.Version);
                writer.Put("context"u8, folded.Snapshot);
                break;
            case WorkflowRunEvent.ChildFinished child:
                Head(writer, "child"u8, happened);
                writer.WriteString("id"u8, child.Child);
                writer.WriteNumber("status"u8, (int)child.Status);
                writer.Put("out"u8, child.Output);
                writer.Put("why"u8, child.Failure);
                break;
            case WorkflowRunEvent.OrderDelivered delivered:
                Head(writer, "sent"u8, happened);
                writer.WriteNumber("order"u8, delivered.Order);
                break;
            case WorkflowRunEvent.Restored restored:
                Head(writer, "reset"u8, happened);
                writer.WriteNumber("i"u8, restored.Item);
                writer.Put("state"u8, restored.Run);
                break;
            case WorkflowRunEvent.Attached attached:
                Head(writer, "attach"u8, happened);
                writer.WriteNumber("order"u8, attached.Order);
                writer.Put("in"u8, attached.Input);
                writer.Put("context"u8, attached.Context);
                break;
            case WorkflowRunEvent.Described described:
                Head(writer, "describe"u8, happened);
                writer.Put("attributes"u8, described.Attributes);
                break;
            case WorkflowRunEvent.Migrated migrated:
                Head(writer, "migrate"u8, happened);
                writer.PutPlan("plan"u8, migrated.Plan);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(happened), happened.GetType().Name, "Nothing is known of this event.");
        }
    }
}
