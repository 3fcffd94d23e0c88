using System.Runtime.CompilerServices;
using OrleansFlow.Errors;
using OrleansFlow.Tasks;

namespace OrleansFlow.Grains.Tasks;

/// <content>Tells the ends of tasks to whoever waits for them.</content>
internal sealed partial class TaskPartitionGrain
{
    private readonly List<EndWatch> _watches = [];

    public async IAsyncEnumerable<IReadOnlyList<TaskView>> WatchEndsAsync(
        IReadOnlyList<TaskId> tasks, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ThrowIfFailed();
        var watch = new EndWatch();
        var watched = new List<LiveTask>(tasks.Count);
        var openCount = tasks.Count;
        try
        {
            foreach (var id in tasks)
            {
                var task = await FindAsync(id) ?? throw new FlowException(FlowErrorCode.NotFound, $"There is no task '{id}'.");
                if (task.Durable is { IsTerminal: true })
                {
                    watch.Add(View(task));
                }
                else
                {
                    (task.Watches ??= []).Add(watch);
                    watched.Add(task);
                }
            }

            _watches.Add(watch);
            while (openCount > 0)
            {
                var ended = await watch.TakeAsync(cancellationToken);
                openCount -= ended.Count;
                yield return ended;
            }
        }
        finally
        {
            _watches.Remove(watch);
            foreach (var task in watched)
            {
                task.Watches?.Remove(watch);
            }
        }
    }
}
