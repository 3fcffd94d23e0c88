using System.Text;
using System.Text.Json;
using Google.Protobuf.Collections;
using Google.Protobuf.WellKnownTypes;
using OrleansFlow.Errors;
using OrleansFlow.Graphs;
using OrleansFlow.Tasks;
using OrleansFlow.Workflows;
using OrleansFlow.Workflows.Runs;
using Wire = OrleansFlow.Protocol.Workflows.V1;

namespace OrleansFlow.Silo.Gateway.Workflows;

/// <summary>Turns the grains' records into messages of <c>orleansflow.workflow.v1</c> and requests into records. Enum numbers are equal on both sides.</summary>
internal static class WorkflowMapping
{
    /// <summary>Longest JSON text of a user's value, in bytes.</summary>
    public const int PayloadBytesMax = 1024 * 1024;

    private const int AttributesMax = 32;
    private const int AttributeNameMax = 64;
    private const int AttributeValueMax = 256;
    private const int NameMax = 128;

    public static Wire.Run ToWire(this WorkflowRunView run) => new()
    {
        RunId = run.RunId.Value,
        Workflow = run.Workflow,
        Version = run.Version,
        Status = (Wire.RunStatus)run.Status,
        StartedAt = run.StartedUtc.ToTimestamp(),
        EndedAt = run.EndedUtc?.ToTimestamp(),
        OutputJson = run.Output.ToText(),
        Failure = run.Failure ?? "",
        FailureCode = run.FailureCode is { } code ? FlowErrorKind.Of(code).Wire : "",
        Deadline = run.DeadlineUtc?.ToTimestamp(),
        Attributes = { new Dictionary<string, string>(run.Attributes) },
        ParentRunId = run.Parent.Value,
        NextDueAt = run.NextDueUtc?.ToTimestamp(),
        Metrics = new Wire.Metrics
        {
            Steps = run.Steps,
            CompletedSteps = run.CompletedSteps,
            FailedSteps = run.FailedSteps,
            Retries = run.Retries,
            PendingItems = run.PendingItems,
            ItemsInFlight = run.ItemsInFlight,
            WaitingItems = run.WaitingItems,
            ContextVersion = run.ContextVersion,
        },
    };

    public static Wire.Run ToWire(this WorkflowLine line) => new()
    {
        RunId = line.Run.Value,
        Workflow = line.Workflow,
        Version = line.Version,
        Status = (Wire.RunStatus)line.Status,
        StartedAt = line.StartedUtc.ToTimestamp(),
        EndedAt = line.EndedUtc?.ToTimestamp(),
        Failure = line.Failure ?? "",
        Attributes = { line.Attributes?.ToDictionary() ?? [] },
        ParentRunId = line.Parent.Value,
        NextDueAt = line.WakeUtc is { } wake && wake < DateTimeOffset.MaxValue ? wake.ToTimestamp() : null,
    };

    public static Wire.Item ToWire(this WorkflowItemView item) => new()
    {
        Item_ = item.Item,
        Node = item.Node,
        Status = (Wire.ItemStatus)item.Status,
        Attempts = item.Attempts,
        Epoch = item.Epoch,
        WorkerId = item.Worker.Value,
        DueAt = item.DueUtc?.ToTimestamp(),
        Signal = item.Signal ?? "",
        InputJson = item.Input.ToText(),
    };

    public static Wire.StepError ToWire(this WorkflowErrorView error) =>
        new() { Item = error.Item, Node = error.Node, Attempt = error.Attempt, Message = error.Message, At = error.TimeUtc.ToTimestamp() };

    public static Wire.WhyReason ToWire(this RunReason reason) =>
        new() { Code = reason.Code, Text = reason.Text, Node = reason.Node ?? "", Until = reason.UntilUtc?.ToTimestamp() };

    /// <summary>Empty for no value.</summary>
    public static string ToText(this Payload payload) => payload.IsDefault ? "" : payload.ToString();

    /// <summary>Reads a JSON text of a request; empty for no value.</summary>
    /// <exception cref="FlowException"><c>bad_input</c> naming the field.</exception>
    public static Payload ToPayload(string text, string field, int bytesMax = PayloadBytesMax)
    {
        if (text.Length == 0)
        {
            return default;
        }

        var utf8 = Encoding.UTF8.GetBytes(text);
        if (utf8.Length > bytesMax)
        {
            throw new FlowException(FlowErrorCode.BadInput, $"{field} has {utf8.Length} bytes; at most {bytesMax} are possible. Put large values in a file or a table and name it.");
        }

        try
        {
            var reader = new Utf8JsonReader(utf8);
            reader.Read();
            reader.Skip();
            while (reader.Read())
            {
                // Only what follows the value: there must be nothing.
            }
        }
        catch (JsonException exception)
        {
            throw new FlowException(FlowErrorCode.BadInput, $"{field} is no JSON: {exception.Message}", exception);
        }

        return new Payload(utf8);
    }

    /// <summary>Reads search attributes; null for none.</summary>
    /// <exception cref="FlowException"><c>bad_input</c> naming the bad one.</exception>
    public static Dictionary<string, string>? ToAttributes(MapField<string, string> attributes)
    {
        if (attributes.Count > AttributesMax)
        {
            throw new FlowException(FlowErrorCode.BadInput, $"{attributes.Count} attributes; at most {AttributesMax} are possible.");
        }

        foreach (var (name, value) in attributes)
        {
            if (name.Length is 0 or > AttributeNameMax)
            {
                throw new FlowException(FlowErrorCode.BadInput, $"Attribute name '{name}' has {name.Length} characters; 1 to {AttributeNameMax} are possible.");
            }

            if (value.Length > AttributeValueMax)
            {
                throw new FlowException(FlowErrorCode.BadInput, $"Attribute '{name}' has a value of {value.Length} characters; at most {AttributeValueMax} are possible.");
            }
        }

        return attributes.Count == 0 ? null : new Dictionary<string, string>(attributes, StringComparer.Ordinal);
    }

    /// <summary>Checks the name of a signal, query or update.</summary>
    /// <exception cref="FlowException"><c>bad_input</c>.</exception>
    public static string ToName(string name, string what) => name.Length is > 0 and <= NameMax
        ? name
        : throw new FlowException(FlowErrorCode.BadInput, $"A {what} has a name of 1 to {NameMax} characters; this one has {name.Length}.");

    /// <summary>Checks a workflow's name and version.</summary>
    /// <exception cref="FlowException"><c>bad_input</c>.</exception>
    public static (string Name, int Version) ToWorkflow(string name, int version) => !IdText.IsValid(name)
        ? throw new FlowException(FlowErrorCode.BadInput, $"'{name}' is not the name of a workflow: use 1 to {IdText.MaxLength} letters, digits, '_', '-' or '.'.")
        : version < 1
            ? throw new FlowException(FlowErrorCode.BadInput, $"Version {version} of workflow '{name}' is not possible: versions begin with 1.")
            : (name, version);

    /// <summary>Checks a time that is given in milliseconds; null for 0.</summary>
    /// <exception cref="FlowException"><c>bad_input</c>.</exception>
    public static TimeSpan? ToTime(long milliseconds, string field)
    {
        const long YearsMs = 10L * 366 * 24 * 3_600_000;
        return milliseconds is >= 0 and <= YearsMs
            ? milliseconds == 0 ? null : TimeSpan.FromMilliseconds(milliseconds)
            : throw new FlowException(FlowErrorCode.BadInput, $"{field} {milliseconds} is outside 0 to {YearsMs} (10 years).");
    }
}
