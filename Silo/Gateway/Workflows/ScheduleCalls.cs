using Google.Protobuf.WellKnownTypes;
using OrleansFlow.Errors;
using OrleansFlow.Silo.Gateway.Control;
using OrleansFlow.Workflows;
using OrleansFlow.Workflows.Schedules;
using Wire = OrleansFlow.Protocol.Workflows.V1;

namespace OrleansFlow.Silo.Gateway.Workflows;

/// <summary>Calls about schedules of workflow runs.</summary>
internal sealed class ScheduleCalls(IGrainFactory grains)
{
    private const int DefaultPageSize = 50;
    private const int PageSizeMax = 1_000;

    public async Task<Wire.PutScheduleResponse> PutAsync(Wire.PutScheduleRequest request, CancellationToken cancellationToken) => new()
    {
        Created = await Grain(request.ScheduleId).PutAsync(WorkflowMapping.ToPayload(request.ScheduleJson, "schedule_json"), cancellationToken),
    };

    public async Task<Wire.Schedule> GetAsync(Wire.GetScheduleRequest request, CancellationToken cancellationToken) =>
        await Grain(request.ScheduleId).GetAsync(cancellationToken) is { } view ? ToWire(view) : throw Unknown(request.ScheduleId);

    public async Task<Wire.ListSchedulesResponse> ListAsync(Wire.ListSchedulesRequest request, CancellationToken cancellationToken)
    {
        if (request.PageSize is < 0 or > PageSizeMax)
        {
            throw new FlowException(FlowErrorCode.BadInput, $"page_size {request.PageSize} is outside 1 to {PageSizeMax} (0: {DefaultPageSize}).");
        }

        var pageSize = request.PageSize == 0 ? DefaultPageSize : request.PageSize;
        var shards = await Task.WhenAll(WorkflowShards.Keys.Select(shard =>
            grains.GetGrain<IWorkflowScheduleListGrain>(shard).ListAsync(request.PageToken, pageSize + 1, cancellationToken)));
        var ids = shards.SelectMany(shard => shard).Order(StringComparer.Ordinal).Take(pageSize + 1).ToList();
        var response = new Wire.ListSchedulesResponse();
        if (ids.Count > pageSize)
        {
            ids.RemoveAt(pageSize);
            response.NextPageToken = ids[^1];
        }

        // A name may be listed a moment before its schedule is there, or after it is gone.
        var views = await Task.WhenAll(ids.Select(id => Grain(id).GetAsync(cancellationToken)));
        response.Schedules.Add(views.OfType<WorkflowScheduleView>().Select(ToWire));
        return response;
    }

    public async Task<Wire.Schedule> PauseAsync(Wire.PauseScheduleRequest request, CancellationToken cancellationToken) =>
        ToWire(await Grain(request.ScheduleId).PauseAsync(Note(request.Note), cancellationToken));

    public async Task<Wire.Schedule> UnpauseAsync(Wire.UnpauseScheduleRequest request, CancellationToken cancellationToken) =>
        ToWire(await Grain(request.ScheduleId).UnpauseAsync(Note(request.Note), cancellationToken));

    public async Task<Wire.Schedule> TriggerAsync(Wire.TriggerScheduleRequest request, CancellationToken cancellationToken) =>
        ToWire(await Grain(request.ScheduleId).TriggerAsync(ToOverlap(request.Overlap), cancellationToken));

    public async Task<Wire.Schedule> BackfillAsync(Wire.BackfillScheduleRequest request, CancellationToken cancellationToken)
    {
        if (request.From is null || request.Until is null)
        {
            throw new FlowException(FlowErrorCode.BadInput, "A backfill needs 'from' and 'until'.");
        }

        return ToWire(await Grain(request.ScheduleId).BackfillAsync(
            request.From.ToDateTimeOffset(), request.Until.ToDateTimeOffset(), ToOverlap(request.Overlap) ?? ScheduleOverlap.BufferAll, cancellationToken));
    }

    public async Task<Wire.DeleteScheduleResponse> DeleteAsync(Wire.DeleteScheduleRequest request, CancellationToken cancellationToken) =>
        await Grain(request.ScheduleId).DeleteAsync(cancellationToken) ? new Wire.DeleteScheduleResponse() : throw Unknown(request.ScheduleId);

    private static string? Note(string note) => note.Length == 0 ? null : RunCalls.CheckReason(note);

    private static ScheduleOverlap? ToOverlap(Wire.Overlap overlap) => overlap switch
    {
        Wire.Overlap.Unspecified => null,
        >= Wire.Overlap.Skip and <= Wire.Overlap.AllowAll => (ScheduleOverlap)(overlap - 1),
        _ => throw new FlowException(FlowErrorCode.BadInput, $"Overlap {(int)overlap} is none that this gateway knows."),
    };

    private static Wire.Schedule ToWire(WorkflowScheduleView view)
    {
        var wire = new Wire.Schedule
        {
            ScheduleId = view.Id,
            ScheduleJson = view.Schedule.ToText(),
            Paused = view.IsPaused,
            Note = view.Note ?? "",
            Next = { view.NextUtc.Select(time => time.ToTimestamp()) },
            Running = { view.Running.Select(ToWire) },
            Buffered = view.BufferedCount,
            Recent = { view.Recent.Select(ToWire) },
            Started = view.StartedCount,
            Skipped = view.SkippedCount,
            Missed = view.MissedCount,
            Refused = view.RefusedCount,
        };
        if (view.RunsLeft is { } left)
        {
            wire.RunsLeft = left;
        }

        return wire;
    }

    private static Wire.ScheduleRun ToWire(WorkflowScheduleRun run) => new() { RunId = run.Run.Value, Time = run.TimeUtc.ToTimestamp(), Failure = run.Failure ?? "" };

    private static FlowException Unknown(string id) => new(FlowErrorCode.NotFound, $"There is no schedule '{id}'. 'flow schedule list' lists those that exist.");

    private IWorkflowScheduleGrain Grain(string id) => grains.GetGrain<IWorkflowScheduleGrain>(WorkflowSchedule.CheckId(id));
}
