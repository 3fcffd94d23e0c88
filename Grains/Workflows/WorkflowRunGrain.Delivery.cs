using OrleansFlow.Errors;
using OrleansFlow.Grains.Commits;
using OrleansFlow.Tasks;
using OrleansFlow.Workers;
using OrleansFlow.Workflows;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Grains.Workflows;

/// <content>What the run owes to queues, workers, other runs and the index after its commits; delivered at least once.</content>
internal sealed partial class WorkflowRunGrain
{
    /// <summary>Items of one message to a queue.</summary>
    private const int ChunkMax = 512;

    /// <summary>Orders that are carried out side by side.</summary>
    private const int OrdersMax = 64;

    /// <summary>Updates and queries wait for people: they go before steps.</summary>
    private const int UpdatePriority = 1_000_000;

    private SortedDictionary<string, QueueMail>? _owedToQueues;
    private List<(WorkerId Worker, LeaseToken Token, string Reason)>? _owedStops;
    private DeliveryLane? _mail;
    private DeliveryLane? _stops;
    private DeliveryLane? _orders;
    private DeliveryLane? _news;
    private Task _delivery = Task.CompletedTask;
    private bool _owesNews;
    private bool _isTrimming;

    private static string QueueOf(string role) => role + "/0";

    private QueueMail Owe(string role)
    {
        _owedToQueues ??= new SortedDictionary<string, QueueMail>(StringComparer.Ordinal);
        if (!_owedToQueues.TryGetValue(role, out var mail))
        {
            _owedToQueues.Add(role, mail = new QueueMail());
        }

        return mail;
    }

    private void OweStop(WorkerId worker, LeaseToken token, string reason) => (_owedStops ??= []).Add((worker, token, reason));

    private void Tell(long item, string role) => (_queued ??= []).TryAdd(item, role);

    /// <summary>Begins to deliver what is owed; what is slow at one receiver holds up no other.</summary>
    private void Deliver()
    {
        if (_owedToQueues is { Count: > 0 })
        {
            Run(_mail ??= new DeliveryLane(_clock, () => _owedToQueues.Count == 0, SendToQueuesAsync));
        }

        if (_owedStops is { Count: > 0 })
        {
            Run(_stops ??= new DeliveryLane(_clock, () => _owedStops.Count == 0, SendStopsAsync));
        }

        if (Committed is { Owed.IsEmpty: false })
        {
            Run(_orders ??= new DeliveryLane(_clock, () => Committed is not { Owed.IsEmpty: false }, CarryOutOrdersAsync));
        }

        if (_owesNews)
        {
            Run(_news ??= new DeliveryLane(_clock, () => !_owesNews, TellIndexAsync));
        }

        if (_store.HasOldLinks && !_isTrimming)
        {
            _isTrimming = true;
            _delivery = DeliverAsync(_delivery, TrimAsync());
        }
    }

    private void Run(DeliveryLane lane)
    {
        if (!lane.IsRunning)
        {
            _delivery = DeliverAsync(_delivery, lane.RunAsync(_stopped));
        }
    }

    private async Task DeliverAsync(Task before, Task delivering)
    {
        try
        {
            await delivering;
        }
        catch (OperationCanceledException) when (_stopped.IsCancellationRequested)
        {
            // The activation ends; the next one finds in the log what is owed.
        }
        catch (Exception exception)
        {
            // The index asks for the run again after a while.
            LogDeliveryFailed(exception, _id);
        }

        await before;
    }

    private async Task<bool> SendToQueuesAsync(CancellationToken cancellationToken)
    {
        var sent = true;
        foreach (var (role, mail) in _owedToQueues!.ToList())
        {
            _owedToQueues!.Remove(role);
            try
            {
                await SendAsync(role, mail, cancellationToken);
            }
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
            {
                LogDeliveryFailed(exception, _id);
                var owed = Owe(role);
                owed.Ready.UnionWith(mail.Ready);
                owed.Ended.UnionWith(mail.Ended);
                owed.Queries.UnionWith(mail.Queries);
                sent = false;
            }
        }

        if (sent && _isAsked && Committed is { } queued)
        {
            ParkIfIdle(queued);
            Deliver();
        }

        // Otherwise the index, once it has been told, lets the run rest.
        if (sent && _news is { IsRunning: false } && Committed is { } state)
        {
            await RestAsync(state);
        }

        return sent;
    }

    private async Task SendAsync(string role, QueueMail mail, CancellationToken cancellationToken)
    {
        var queue = GrainFactory.GetGrain<IRoleQueueGrain>(QueueOf(role));
        foreach (var ended in mail.Ended.Chunk(ChunkMax))
        {
            await queue.RemoveAsync([.. ended.Select(item => TaskId.OfWorkflow(_id, item))], cancellationToken);
        }

        foreach (var items in mail.Ready.Chunk(ChunkMax))
        {
            if (Committed is not { Status: WorkflowRunStatus.Running } state)
            {
                return;
            }

            var plan = PlanOf(state);
            var ready = items.Where(id => state.Items.TryGetValue(id, out var item) && item.Status == WorkItemStatus.Pending).ToList();
            ready.ForEach(id => Tell(id, role));
            await queue.EnqueueAsync([.. ready.Select(id => EntryOf(plan, state.Items[id]))], cancellationToken);
            (_stored ??= []).UnionWith(ready);
        }

        if (mail.Queries.Count > 0)
        {
            var plan = PlanOf(_pump!.Tentative);
            await queue.EnqueueAsync(
                [.. mail.Queries.Where(id => _queries?.ContainsKey(id) == true).Select(id => new QueueEntry(TaskId.OfWorkflow(_id, id), UpdatePriority, _clock.GetUtcNow(), plan.Needs))],
                cancellationToken);
        }
    }

    private async Task<bool> SendStopsAsync(CancellationToken cancellationToken)
    {
        var stops = _owedStops!.ToList();
        _owedStops!.Clear();
        var failed = false;
        await Task.WhenAll(stops.Select(async stop =>
        {
            try
            {
                await GrainFactory.GetGrain<IWorkerGrain>(stop.Worker.Value).StopAsync(stop.Token, stop.Reason, null, cancellationToken);
            }
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
            {
                LogDeliveryFailed(exception, _id);
                _owedStops!.Add(stop);
                failed = true;
            }
        }));
        return !failed;
    }

    /// <summary>Carries out what other runs are to be told or asked.</summary>
    private async Task<bool> CarryOutOrdersAsync(CancellationToken cancellationToken)
    {
        var orders = Committed!.DueOrders(OrdersMax);
        var done = await Task.WhenAll(orders.Select(order => TryCarryOutAsync(order, cancellationToken)));
        if (!done.Any(one => one))
        {
            return false;
        }

        var turn = new WorkflowRunTurn(_pump!.Tentative);
        for (var place = 0; place < orders.Count; place++)
        {
            if (done[place])
            {
                turn.Do(new WorkflowCommand.Delivered(orders[place].Number), _clock.GetUtcNow());
            }
        }

        await StageAsync(turn);
        return true;
    }

    private async Task<bool> TryCarryOutAsync(RunOrder order, CancellationToken cancellationToken)
    {
        try
        {
            switch (order)
            {
                case RunOrder.StartChild child:
                    await StartChildAsync(child, cancellationToken);
                    break;
                case RunOrder.CancelChild child:
                    await RunOf(child.Child).SteerAsync(new WorkflowSteering(WorkflowSteer.Cancel, child.Reason), cancellationToken);
                    break;
                case RunOrder.TellParent parent:
                    await RunOf(parent.Parent).ChildEndedAsync(new WorkflowChildEnd(_id, parent.Status, parent.Output, parent.Failure, parent.Order), cancellationToken);
                    break;
            }

            return true;
        }
        catch (FlowException refused) when (refused.Code is FlowErrorCode.AlreadyEnded or FlowErrorCode.NotFound)
        {
            // There is nobody to cancel any more.
            return true;
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            LogDeliveryFailed(exception, _id);
            return false;
        }
    }

    private async Task StartChildAsync(RunOrder.StartChild child, CancellationToken cancellationToken)
    {
        try
        {
            await RunOf(child.Child).StartAsync(
                new WorkflowStart
                {
                    Workflow = child.Order.Workflow,
                    Version = child.Order.Version,
                    Input = child.Order.Input,
                    Context = child.Order.Context,
                    Parent = _id,
                    ParentOrder = child.Number,
                },
                cancellationToken);
        }
        catch (FlowException refused) when (refused.Kind.Retry == RetryAdvice.Never)
        {
            // A child that cannot be is one that failed; whoever waits for it learns why.
            await ChildEndedAsync(new WorkflowChildEnd(new RunId(child.Child), WorkflowRunStatus.Failed, default, refused.Message, child.Number), cancellationToken);
        }
    }

    private IWorkflowRunGrain RunOf(string run) => GrainFactory.GetGrain<IWorkflowRunGrain>(run);

    /// <summary>Deletes what a log that began anew has left behind.</summary>
    private async Task TrimAsync()
    {
        await Task.Yield();
        try
        {
            await _store.TrimAsync();
        }
        finally
        {
            _isTrimming = false;
        }
    }

    /// <summary>What is owed to one queue.</summary>
    private sealed class QueueMail
    {
        public SortedSet<long> Ready { get; } = [];

        public SortedSet<long> Ended { get; } = [];

        public SortedSet<long> Queries { get; } = [];
    }
}
