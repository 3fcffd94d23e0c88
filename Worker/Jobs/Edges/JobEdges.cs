using System.Collections.Concurrent;
using OrleansFlow.Arrow;
using OrleansFlow.Errors;
using OrleansFlow.Flight.Exchange;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Rpc;
using OrleansFlow.Streaming.Dataflow;
using OrleansFlow.Worker.Data;

namespace OrleansFlow.Worker.Jobs.Edges;

/// <summary>The channels of one run to and from other workers. Thread-safe.</summary>
/// <param name="request">The run's start: who has which subtask, and the token that lets its rows in.</param>
/// <param name="client">Opens streams.</param>
/// <param name="capacityRows">Rows of a queue.</param>
/// <param name="clock">The time.</param>
internal sealed class JobEdges(StartExecutionRequest request, ExchangeClient client, int capacityRows, TimeProvider clock) : IRemoteEdges
{
    /// <summary>How long a broken channel waits for the reason to come another way, before it is one itself.</summary>
    public static readonly TimeSpan BlamePatience = TimeSpan.FromSeconds(2);

    // Peers get their starts at about the same time. The job gives a start up by itself, much later.
    private static readonly TimeSpan OpenTimeout = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan RetryDelayMin = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan RetryDelayMax = TimeSpan.FromSeconds(1);

    // A sender whose opening was cut off comes again within seconds.
    private static readonly TimeSpan ReturnPatience = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<ChannelKey, ISubtaskChannel> _targets = [];
    private readonly ConcurrentDictionary<ChannelKey, ITimer> _returned = [];
    private readonly TaskCompletionSource<FlowException> _broken = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends when rows of a peer stopped before their end, with what that means.</summary>
    public Task<FlowException> BrokenAsync => _broken.Task;

    /// <summary>What a broken channel means for the job: another try.</summary>
    public static FlowException Broken(string peer, Exception exception) =>
        new(FlowErrorCode.WorkerLost, $"The rows between this worker and {peer} broke off: {exception.Message}", exception);

    public void Accept(ChannelKey channel, ISubtaskChannel target) => _targets[channel] = target;

    /// <summary>Takes the receiving end of a channel; whoever got it writes alone.</summary>
    /// <returns>Null when it is not there: not yet, or taken already.</returns>
    public ISubtaskChannel? TryTake(ChannelKey channel)
    {
        if (!_targets.TryRemove(channel, out var target))
        {
            return null;
        }

        if (_returned.TryRemove(channel, out var timer))
        {
            timer.Dispose();
        }

        return target;
    }

    /// <summary>
    /// Offers a channel again on which nothing came: its sender may not have heard that it was let in, and opens it once more. If nobody comes, the channel is broken.
    /// </summary>
    public void Return(ChannelKey channel, ISubtaskChannel target, string peer, Exception exception)
    {
        var timer = clock.CreateTimer(
            _ =>
            {
                if (_targets.TryRemove(KeyValuePair.Create(channel, target)))
                {
                    Break(peer, exception);
                }
            },
            null,
            ReturnPatience,
            Timeout.InfiniteTimeSpan);

        // Before it is offered, so that whoever takes it finds the timer.
        _returned[channel] = timer;
        _targets[channel] = target;
    }

    /// <summary>Whether somebody may take a channel now.</summary>
    public bool IsOffered(ChannelKey channel) => _targets.ContainsKey(channel);

    public void Break(string peer, Exception exception) => _broken.TrySetResult(Broken(peer, exception));

    public async ValueTask<ISubtaskChannel> OpenAsync(ChannelKey channel, uint targetNode, ArrowSchema? schema, CancellationToken cancellationToken)
    {
        var target = request.Tasks.FirstOrDefault(task => task.NodeId == targetNode && task.SubtaskIndex == channel.Target)
            ?? throw new FlowException(FlowErrorCode.BadInput, $"The start of job '{request.Context.JobId}' does not say where subtask {channel.Target} of node {targetNode} runs.");
        var addresses = DataLocations.ExchangesOf(target.WorkerDataAddress).Where(address => address.Path is null || File.Exists(address.Path)).ToList();
        if (addresses.Count == 0)
        {
            throw new FlowException(FlowErrorCode.BadInput, $"Worker '{target.WorkerId}' takes no rows: its data address '{target.WorkerDataAddress}' names no exchange that can be reached from here.");
        }

        var ticket = new EdgeTicket(request.Context.JobId, request.Context.Generation, channel).Write();
        var headers = new RpcMetadata();
        headers.Add("authorization", "Bearer " + request.ExchangeToken);
        var startedAt = clock.GetTimestamp();
        for (var delay = RetryDelayMin; ; delay = delay < RetryDelayMax / 2 ? delay * 2 : RetryDelayMax)
        {
            RpcException? refusal = null;
            foreach (var address in addresses)
            {
                try
                {
                    return new RemoteChannel(await client.OpenAsync(address, ticket, headers, cancellationToken), $"worker '{target.WorkerId}'", capacityRows, clock);
                }
                catch (RpcException exception)
                {
                    refusal = exception;
                }
            }

            // A peer that has not begun yet says that it is unavailable; whatever else it says stays true.
            if (refusal!.Status.Code is not (RpcStatusCode.Unavailable or RpcStatusCode.DeadlineExceeded) || clock.GetElapsedTime(startedAt) > OpenTimeout)
            {
                throw new FlowException(FlowErrorCode.WorkerLost, $"Worker '{target.WorkerId}' does not take rows of job '{request.Context.JobId}': {refusal.Message}", refusal);
            }

            await Task.Delay(delay, clock, cancellationToken);
        }
    }
}
