using OrleansFlow.Errors;
using OrleansFlow.Jobs;
using Wire = OrleansFlow.Protocol.Streaming.V1;

namespace OrleansFlow.Grains.Jobs;

/// <content>Orders: the slots that they take or free, their way to the session and the wait for the receipt.</content>
internal sealed partial class JobHostGrain
{
    public async Task<JobHostAnswer> OrderAsync(byte[] order, CancellationToken cancellationToken)
    {
        var wire = Wire.JobOrder.Parser.ParseFrom(order);
        if (!_isReady && !await ComesAsync(_attached.Task, cancellationToken))
        {
            return NotHeard($"worker '{Id}' has no session");
        }

        if (wire.Start is { } start && !TryHold(start))
        {
            return new JobHostAnswer(
                JobHostOutcome.Refused, FlowErrorKind.Of(FlowErrorCode.LimitExceeded).Wire, $"Worker '{Id}' has {_jobs.Slots} slots for streaming jobs, and too few of them are free for job '{start.Context.JobId}', or it runs a newer generation of it.");
        }

        if (_waiting.Count >= OrdersMax)
        {
            return new JobHostAnswer(JobHostOutcome.Refused, FlowErrorKind.Of(FlowErrorCode.LimitExceeded).Wire, $"{OrdersMax} orders wait for worker '{Id}'.");
        }

        // 2.
        var id = ++_lastOrder;
        var receipt = new TaskCompletionSource<JobHostAnswer>(TaskCreationOptions.RunContinuationsAsynchronously);
        if (_orders is not { } orders || !orders.Writer.TryWrite(new JobHostOrder(id, order)))
        {
            return NotHeard($"the session of worker '{Id}' ended, or does not take orders as fast as they come");
        }

        _waiting.Add(id, receipt);
        if (!await ComesAsync(receipt.Task, cancellationToken))
        {
            _waiting.Remove(id);
            return NotHeard($"worker '{Id}' did not answer within {AnswerWait}");
        }

        var answer = await receipt.Task;
        if (answer.Outcome == JobHostOutcome.Done)
        {
            Note(wire);
        }

        return answer;
    }

    private bool TryHold(Wire.StartExecutionRequest start)
    {
        var held = _jobs.TryStart(start.Context.JobId, start.Context.Generation, SlotsOf(start), clock.GetUtcNow());
        _jobs = held ?? _jobs;
        return held is not null;
    }

    private void Note(Wire.JobOrder order)
    {
        switch (order.CallCase)
        {
            case Wire.JobOrder.CallOneofCase.Start:
                _jobs = _jobs.Started(order.Start.Context.JobId, order.Start.Context.Generation, SlotsOf(order.Start));
                break;
            case Wire.JobOrder.CallOneofCase.Finished:
                _jobs = _jobs.Ended(order.Finished.Context.JobId, order.Finished.Context.Generation);
                break;
            default:
                break;
        }
    }

    /// <summary>A slot holds one subtask of each node, so the node with the most of them here decides.</summary>
    private int SlotsOf(Wire.StartExecutionRequest start) =>
        start.Tasks.Where(task => task.WorkerId == Id).GroupBy(task => task.NodeId).Select(node => node.Count()).DefaultIfEmpty(0).Max();

    private async Task<bool> ComesAsync(Task awaited, CancellationToken cancellationToken)
    {
        try
        {
            await awaited.WaitAsync(AnswerWait, clock, cancellationToken);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    private static JobHostAnswer NotHeard(string why) => new(JobHostOutcome.NotHeard, "", why);
}
