using OrleansFlow.Decisions.Jobs;
using OrleansFlow.Errors;
using OrleansFlow.Grains.Jobs;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Simulation.Cluster;
using OrleansFlow.Simulation.Kernel;

namespace OrleansFlow.Simulation.Jobs;

/// <summary>The workers of streaming jobs as a silo reaches them: messages are lost and late, and an order that is not answered is given again for a while.</summary>
internal sealed class SimulatedJobCalls(SimulatedWorld world, SimulatedJobs jobs, SimulatedProcess silo) : IJobWorkers
{
    private static readonly TimeSpan AnswerWait = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan TellFor = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan RetryWait = TimeSpan.FromMilliseconds(200);

    public Task<IReadOnlyList<JobWorker>> FindAsync(string jobId, int slotsNeeded, CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<JobWorker>>(
    [
        .. jobs.Workers.Where(worker => !worker.HasEnded).OrderBy(worker => worker.Name, StringComparer.Ordinal)
            .Select(worker => new JobWorker(worker.Name, worker.Slots, worker.Name, worker.Name, worker.IsDraining)),
    ]);

    public Task StartAsync(StartExecutionRequest request, CancellationToken cancellationToken) => TellAsync(request.Context, worker => worker.StartAsync(request), cancellationToken);

    public Task CheckpointAsync(CheckpointRequest request, CancellationToken cancellationToken) =>
        TellAsync(request.Context, worker => worker.RunOf(request.Context).CheckpointAsync(request), cancellationToken);

    public Task GiveUpAsync(JobContext context, long epoch, CancellationToken cancellationToken) =>
        TellAsync(context, worker => worker.RunOf(context).GiveUpAsync(epoch), cancellationToken, isAboutAnEnd: true);

    public Task CommitAsync(CommitRequest request, CancellationToken cancellationToken) => TellAsync(request.Context, worker => worker.RunOf(request.Context).CommitAsync(request), cancellationToken);

    public Task LoadCompactedAsync(LoadCompactedDataRequest request, CancellationToken cancellationToken) =>
        TellAsync(request.Context, worker => worker.RunOf(request.Context).LoadCompactedAsync(request), cancellationToken, isAboutAnEnd: true);

    public Task StopAsync(StopExecutionRequest request, CancellationToken cancellationToken) =>
        TellAsync(request.Context, worker => worker.RunOf(request.Context).StopAsync(request.Mode), cancellationToken, isAboutAnEnd: true);

    public Task FinishAsync(JobFinishedRequest request, CancellationToken cancellationToken) => TellAsync(request.Context, worker => worker.FinishAsync(request.Context), cancellationToken);

    private async Task TellAsync(JobContext context, Func<SimulatedJobWorker, Task> serve, CancellationToken cancellationToken, bool isAboutAnEnd = false)
    {
        var since = silo.Clock.GetTimestamp();
        while (true)
        {
            try
            {
                await CallAsync(jobs.Workers.First(worker => worker.Name == context.WorkerId), serve, cancellationToken);
                return;
            }
            catch (FlowException exception) when (isAboutAnEnd && exception.Code == FlowErrorCode.AlreadyEnded)
            {
                return;
            }
            catch (Exception exception) when (exception is TimeoutException or IOException)
            {
                if (silo.Clock.GetElapsedTime(since) >= TellFor)
                {
                    throw new FlowException(FlowErrorCode.WorkerLost, $"{context.WorkerId} could not be told within {TellFor}: {exception.Message}", exception);
                }
            }

            await Task.Delay(RetryWait, silo.Clock, cancellationToken);
        }
    }

    private async Task CallAsync(SimulatedJobWorker to, Func<SimulatedJobWorker, Task> serve, CancellationToken cancellationToken)
    {
        var answer = new TaskCompletionSource();
        using var open = to.Open(() => world.Kernel.At(world.Faults.Between(TimeSpan.Zero, AnswerWait), () => answer.TrySetException(new IOException($"{to.Name} is gone."))));
        if (!to.HasEnded)
        {
            world.Network.Send(silo.Name, to.Name, mayStraggle: false, () => to.Serve(() => ServeAsync(to, serve, answer)));
        }

        await answer.Task.WaitAsync(AnswerWait, silo.Clock, cancellationToken);
    }

    private async Task ServeAsync(SimulatedJobWorker to, Func<SimulatedJobWorker, Task> serve, TaskCompletionSource answer)
    {
        Action deliver;
        try
        {
            await serve(to);
            deliver = () => answer.TrySetResult();
        }
        catch (FlowException exception)
        {
            deliver = () => answer.TrySetException(exception);
        }
        catch (OperationCanceledException)
        {
            deliver = () => answer.TrySetException(new FlowException(FlowErrorCode.AlreadyEnded, $"The run was let go at {to.Name}."));
        }

        await to.WhenAwakeAsync();
        world.Network.Send(to.Name, silo.Name, mayStraggle: false, deliver);
    }
}
