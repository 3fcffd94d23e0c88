using System.Text;
using OrleansFlow.Errors;
using OrleansFlow.Graphs;
using OrleansFlow.Tasks;
using OrleansFlow.Workflows;
using OrleansFlow.Workflows.Runs;
using Wire = OrleansFlow.Protocol.Workflows.V1;

namespace OrleansFlow.Client.Protocol;

/// <summary>Turns messages of <c>orleansflow.workflow.v1</c> into the records that users see. Enum numbers are equal on both sides.</summary>
internal static class WorkflowViews
{
    public static WorkflowRunView ToView(this Wire.Run run) => new()
    {
        RunId = new RunId(run.RunId),
        Workflow = run.Workflow,
        Version = run.Version,
        Status = (WorkflowRunStatus)run.Status,
        StartedUtc = run.StartedAt?.ToDateTimeOffset() ?? default,
        EndedUtc = run.EndedAt?.ToDateTimeOffset(),
        Output = run.OutputJson.ToPayload(),
        Failure = run.Failure.Length == 0 ? null : run.Failure,
        FailureCode = run.FailureCode.Length == 0 ? null : FlowErrorKind.OfWire(run.FailureCode).Code,
        Steps = run.Metrics?.Steps ?? 0,
        CompletedSteps = run.Metrics?.CompletedSteps ?? 0,
        FailedSteps = run.Metrics?.FailedSteps ?? 0,
        Retries = run.Metrics?.Retries ?? 0,
        PendingItems = run.Metrics?.PendingItems ?? 0,
        ItemsInFlight = run.Metrics?.ItemsInFlight ?? 0,
        WaitingItems = run.Metrics?.WaitingItems ?? 0,
        ContextVersion = run.Metrics?.ContextVersion ?? 0,
        NextDueUtc = run.NextDueAt?.ToDateTimeOffset(),
        Parent = run.ParentRunId.Length == 0 ? default : new RunId(run.ParentRunId),
        Attributes = new Dictionary<string, string>(run.Attributes, StringComparer.Ordinal),
        DeadlineUtc = run.Deadline?.ToDateTimeOffset(),
    };

    public static WorkflowItemView ToView(this Wire.Item item) => new()
    {
        Item = item.Item_,
        Node = item.Node,
        Status = (WorkItemStatus)item.Status,
        Attempts = item.Attempts,
        Epoch = item.Epoch,
        Worker = item.WorkerId.Length == 0 ? default : new WorkerId(item.WorkerId),
        DueUtc = item.DueAt?.ToDateTimeOffset(),
        Signal = item.Signal.Length == 0 ? null : item.Signal,
        Input = item.InputJson.ToPayload(),
    };

    public static WorkflowErrorView ToView(this Wire.StepError error) =>
        new(error.Item, error.Node, error.Attempt, error.Message, error.At?.ToDateTimeOffset() ?? default);

    public static RunReason ToView(this Wire.WhyReason reason) =>
        new(reason.Code, reason.Text, reason.Node.Length == 0 ? null : reason.Node, reason.Until?.ToDateTimeOffset());

    public static Payload ToPayload(this string json) => json.Length == 0 ? default : new Payload(Encoding.UTF8.GetBytes(json));

    public static string ToText(this Payload payload) => payload.IsDefault ? "" : payload.ToString();
}
