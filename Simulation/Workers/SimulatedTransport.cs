using OrleansFlow.Errors;
using OrleansFlow.Simulation.Cluster;
using OrleansFlow.Worker.Sessions;

namespace OrleansFlow.Simulation.Workers;

/// <summary>A worker's way to the gateways: each connection goes to a silo that the seed picks.</summary>
internal sealed class SimulatedTransport(SimulatedWorld world, SimulatedWorker worker) : IWorkerTransport
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(1);

    public string Address => "simulated";

    public async ValueTask<IWorkerConnection> ConnectAsync(CancellationToken cancellationToken)
    {
        var silo = world.Faults.Pick(world.Silos);
        var answered = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        world.Kernel.At(ConnectTimeout, () => answered.TrySetResult(false));

        // There and back again: a way that is cut in one direction connects nobody.
        world.Network.Send(worker.Name, silo.Name, mayStraggle: false, () =>
            world.Network.Send(silo.Name, worker.Name, mayStraggle: false, () => answered.TrySetResult(silo.IsServing)));
        using var registration = cancellationToken.UnsafeRegister(
            static (state, token) => ((TaskCompletionSource<bool>)state!).TrySetCanceled(token), answered);
        if (!await answered.Task)
        {
            throw new FlowException(FlowErrorCode.GatewayUnreachable, $"{silo.Name} does not answer.");
        }

        var link = new SimulatedLink(world, worker, silo);
        world.Links.Add(link);
        silo.Accept(link);
        return link;
    }
}
