using Google.Protobuf;
using Microsoft.Extensions.Logging;
using OrleansFlow.Decisions.Jobs;
using OrleansFlow.Errors;
using OrleansFlow.Grains.Jobs;
using OrleansFlow.Jobs;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Silo.Security;
using OrleansFlow.Worker.Data;
using OrleansFlow.Worker.Jobs.Edges;
using Wire = OrleansFlow.Protocol.Streaming.V1;

namespace OrleansFlow.Silo.Gateway.Jobs;

/// <summary>The workers of the cluster that run streaming jobs, reached over their sessions wherever these are.</summary>
internal sealed partial class JobWorkers(IGrainFactory grains, SignedText signed, TimeProvider clock, ILogger<JobWorkers> logger) : IJobWorkers
{
    /// <summary>Workers that are asked at a time.</summary>
    private const int SideBySide = 64;

    /// <summary>An order is given on the next sessions of a worker for so long.</summary>
    private static readonly TimeSpan TellFor = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan RetryWait = TimeSpan.FromMilliseconds(200);

    /// <summary>Far longer than a start may take; streams between workers are opened then.</summary>
    private static readonly TimeSpan TokenLifetime = TimeSpan.FromMinutes(10);

    public async Task<IReadOnlyList<JobWorker>> FindAsync(string jobId, int slotsNeeded, CancellationToken cancellationToken)
    {
        var seen = await SeeAsync(jobId, cancellationToken);

        // The one with the most room first: a job on few workers sends few rows over the network.
        var found = seen.OrderByDescending(worker => worker.Slots).ThenBy(worker => worker.Id, StringComparer.Ordinal).ToList();
        if (JobAssignment.FreeSlots([.. found]) < slotsNeeded)
        {
            return found;
        }

        var wanted = new List<JobWorker>();
        for (var left = slotsNeeded; left > 0; left -= wanted[^1].Slots)
        {
            var next = found[wanted.Count];
            wanted.Add(next with { Slots = Math.Min(next.Slots, left) });
        }

        return await TryReserveAsync(jobId, wanted, cancellationToken) ? wanted : [];
    }

    public Task StartAsync(StartExecutionRequest request, CancellationToken cancellationToken)
    {
        request.ExchangeToken = signed.Make(SignedTextReader.JobKind, EdgeTicket.SubjectOf(request.Context.JobId, request.Context.Generation), TokenLifetime).Text;
        return TellAsync(request.Context, new Wire.JobOrder { Start = request }, cancellationToken);
    }

    public Task CheckpointAsync(CheckpointRequest request, CancellationToken cancellationToken) => TellAsync(request.Context, new Wire.JobOrder { Checkpoint = request }, cancellationToken);

    public Task GiveUpAsync(JobContext context, long epoch, CancellationToken cancellationToken) =>
        TellAsync(context, new Wire.JobOrder { GiveUpCheckpoint = new GiveUpCheckpointRequest { Context = context, Epoch = epoch } }, cancellationToken);

    public Task CommitAsync(CommitRequest request, CancellationToken cancellationToken) => TellAsync(request.Context, new Wire.JobOrder { Commit = request }, cancellationToken);

    public Task LoadCompactedAsync(LoadCompactedDataRequest request, CancellationToken cancellationToken) => TellAsync(request.Context, new Wire.JobOrder { LoadCompacted = request }, cancellationToken);

    public Task StopAsync(StopExecutionRequest request, CancellationToken cancellationToken) => TellAsync(request.Context, new Wire.JobOrder { Stop = request }, cancellationToken);

    public Task FinishAsync(JobFinishedRequest request, CancellationToken cancellationToken) => TellAsync(request.Context, new Wire.JobOrder { Finished = request }, cancellationToken);

    private async Task<List<JobWorker>> SeeAsync(string jobId, CancellationToken cancellationToken)
    {
        var ids = await grains.GetGrain<IJobDirectoryGrain>(IJobDirectoryGrain.Workers).ListAsync(cancellationToken);
        var seen = new List<JobWorker>();
        foreach (var some in ids.Chunk(SideBySide))
        {
            var views = await Task.WhenAll(some.Select(async id => (Id: id, View: await grains.GetGrain<IJobHostGrain>(id).GetAsync(jobId, cancellationToken))));
            seen.AddRange(views.Where(one => one.View is not null).Select(one => new JobWorker(one.Id, one.View!.FreeSlots, one.View.DataAddress, one.View.RpcAddress, one.View.IsDraining)));
        }

        return seen;
    }

    /// <summary>All of them, or none: two jobs that start at once take them in one order, so one of them gets all it needs.</summary>
    private async Task<bool> TryReserveAsync(string jobId, List<JobWorker> wanted, CancellationToken cancellationToken)
    {
        var reserved = new List<string>();
        foreach (var worker in wanted.OrderBy(worker => worker.Id, StringComparer.Ordinal))
        {
            reserved.Add(worker.Id);
            if (await grains.GetGrain<IJobHostGrain>(worker.Id).ReserveAsync(jobId, worker.Slots, cancellationToken) < worker.Slots)
            {
                await Task.WhenAll(reserved.Select(id => grains.GetGrain<IJobHostGrain>(id).ReleaseAsync(jobId, cancellationToken)));
                return false;
            }
        }

        return true;
    }

    private async Task TellAsync(JobContext context, Wire.JobOrder order, CancellationToken cancellationToken)
    {
        var (bytes, since) = (order.ToByteArray(), clock.GetTimestamp());
        while (true)
        {
            string why;
            try
            {
                var answer = await grains.GetGrain<IJobHostGrain>(context.WorkerId).OrderAsync(bytes, cancellationToken);
                switch (answer.Outcome)
                {
                    case JobHostOutcome.Done:
                        return;
                    case JobHostOutcome.Refused when IsAboutAnEnd(order) && FlowErrorKind.OfWire(answer.ErrorCode).Code == FlowErrorCode.AlreadyEnded:
                        // What was to end, or to be told of, has ended.
                        return;
                    case JobHostOutcome.Refused:
                        throw new FlowException(FlowErrorKind.OfWire(answer.ErrorCode).Code, $"Worker '{context.WorkerId}' refused an order ({order.CallCase}) of job '{context.JobId}': {answer.Message}");
                    default:
                        why = answer.Message;
                        break;
                }
            }
            catch (Exception exception) when (exception is TimeoutException or OrleansException && !cancellationToken.IsCancellationRequested)
            {
                // The grain of the worker moves, or its silo is lost: the worker registers again.
                why = exception.Message;
            }

            if (clock.GetElapsedTime(since) >= TellFor)
            {
                throw new FlowException(FlowErrorCode.WorkerLost, $"Worker '{context.WorkerId}' could not be given an order ({order.CallCase}) of job '{context.JobId}' within {TellFor}: {why}.");
            }

            LogRetried(context.JobId, context.WorkerId, order.CallCase, why);
            await Task.Delay(RetryWait, clock, cancellationToken);
        }
    }

    private static bool IsAboutAnEnd(Wire.JobOrder order) => order.CallCase
        is Wire.JobOrder.CallOneofCase.Stop or Wire.JobOrder.CallOneofCase.Finished or Wire.JobOrder.CallOneofCase.GiveUpCheckpoint or Wire.JobOrder.CallOneofCase.LoadCompacted;

    [LoggerMessage(EventId = 3220, Level = LogLevel.Debug, Message = "Order {Order} of streaming job {JobId} did not reach worker {WorkerId} ({Reason}); it is given again")]
    private partial void LogRetried(string jobId, string workerId, Wire.JobOrder.CallOneofCase order, string reason);
}
