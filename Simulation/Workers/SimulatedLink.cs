using OrleansFlow.Errors;
using OrleansFlow.Protocol.Worker.V1;
using OrleansFlow.Silo.Gateway.Sessions;
using OrleansFlow.Simulation.Cluster;
using OrleansFlow.Worker.Sessions;

namespace OrleansFlow.Simulation.Workers;

/// <summary>
/// One stream between a worker and a silo's gateway. A lost message breaks it, because a stream has no gaps: either both ends hear of it after
/// a while, or it falls silent and each end has to find out by itself.
/// </summary>
internal sealed class SimulatedLink(SimulatedWorld world, SimulatedWorker worker, SimulatedSilo silo) : IWorkerConnection, ISessionConnection
{
    private readonly SimulatedPipe<WorkerMessage> _up = new();
    private readonly SimulatedPipe<SiloMessage> _down = new();
    private bool _isBroken;
    private bool _isSilent;

    /// <summary>The worker at one end.</summary>
    public SimulatedWorker Worker => worker;

    /// <summary>The silo at the other end.</summary>
    public SimulatedSilo Silo => silo;

    string ISessionConnection.Peer => worker.Name;

    CancellationToken ISessionConnection.SiloStopping => silo.Stopping;

    ValueTask IWorkerConnection.SendAsync(WorkerMessage message, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (_isBroken)
        {
            throw Lost();
        }

        SendUp(() => _up.Deliver(message));
        if (message.KindCase is WorkerMessage.KindOneofCase.Batches or WorkerMessage.KindOneofCase.Outcomes && world.Network.IsRepeated())
        {
            world.History.Add($"{worker.Name} -> {silo.Name}: {message.KindCase} repeated");
            SendUp(() =>
            {
                world.Tally.Add(FaultKind.Duplication);
                _up.Deliver(message);
            });
        }

        return ValueTask.CompletedTask;
    }

    ValueTask IWorkerConnection.CompleteAsync()
    {
        SendUp(() => _up.End(null));
        return ValueTask.CompletedTask;
    }

    IAsyncEnumerable<SiloMessage> IWorkerConnection.ReadAllAsync(CancellationToken cancellationToken) => _down.ReadAllAsync(cancellationToken);

    ValueTask IAsyncDisposable.DisposeAsync()
    {
        world.Links.Remove(this);
        SendUp(() => _up.End(new FlowException(FlowErrorCode.WorkerLost, "The simulated worker broke its stream off.")));
        return ValueTask.CompletedTask;
    }

    IAsyncEnumerable<WorkerMessage> ISessionConnection.ReadAllAsync(CancellationToken cancellationToken) => _up.ReadAllAsync(cancellationToken);

    ValueTask ISessionConnection.SendAsync(SiloMessage message, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (_isBroken)
        {
            throw Lost();
        }

        if (message.KindCase == SiloMessage.KindOneofCase.Offers)
        {
            foreach (var offer in message.Offers.Offers_)
            {
                world.Watch.OnOffered(worker.Id, offer.Lease.TaskId, offer.Lease.Epoch);
            }
        }

        if (message.KindCase == SiloMessage.KindOneofCase.OutcomeReceipts)
        {
            foreach (var next in message.OutcomeReceipts.Receipts.Select(receipt => receipt.Next).Where(next => next is not null))
            {
                world.Watch.OnOffered(worker.Id, next.Lease.TaskId, next.Lease.Epoch);
            }
        }

        SendDown(() => Arrive(message));
        return ValueTask.CompletedTask;
    }

    /// <summary>The gateway ends the stream.</summary>
    public void CompleteDown(FlowException? error) => SendDown(() => _down.End(error));

    /// <summary>One end is gone for good: the other hears of it after a while.</summary>
    public void Break()
    {
        if (_isBroken)
        {
            return;
        }

        _isBroken = true;
        world.Kernel.At(world.Faults.Between(TimeSpan.FromMilliseconds(1), TimeSpan.FromSeconds(1)), () =>
        {
            _up.End(Lost());
            _down.End(Lost());
        });
    }

    private static FlowException Lost() => new(FlowErrorCode.GatewayUnreachable, "The simulated stream broke.");

    private void Arrive(SiloMessage message)
    {
        switch (message.KindCase)
        {
            case SiloMessage.KindOneofCase.OutcomeReceipts:
                foreach (var receipt in message.OutcomeReceipts.Receipts)
                {
                    world.Watch.OnOutcomeReceipt(worker.Id, receipt);
                }

                break;
            case SiloMessage.KindOneofCase.BatchReceipts:
                foreach (var receipt in message.BatchReceipts.Receipts)
                {
                    world.Watch.OnBatchReceipt(worker.Id, receipt);
                }

                break;
        }

        _down.Deliver(message);
    }

    private void SendUp(Action deliver) => Send(worker.Name, silo.Name, deliver);

    private void SendDown(Action deliver) => Send(silo.Name, worker.Name, deliver);

    private void Send(string from, string to, Action deliver)
    {
        if (_isSilent || _isBroken || world.Network.Send(from, to, mayStraggle: false, deliver))
        {
            return;
        }

        if (world.Network.IsSilent())
        {
            world.History.Add($"stream {worker.Name} - {silo.Name} falls silent");
            world.Tally.Add(FaultKind.SilentStream);
            _isSilent = true;
        }
        else
        {
            world.History.Add($"stream {worker.Name} - {silo.Name} breaks");
            world.Tally.Add(FaultKind.BrokenStream);
            Break();
        }
    }
}
