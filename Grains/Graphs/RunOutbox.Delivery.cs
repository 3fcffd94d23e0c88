using OrleansFlow.Graphs;
using OrleansFlow.Tasks;
using OrleansFlow.Workers;

namespace OrleansFlow.Grains.Graphs;

/// <content>How what is owed is delivered.</content>
internal sealed partial class RunOutbox
{
    private RunMail MailOf(string role)
    {
        if (!_queues.TryGetValue(role, out var mail))
        {
            mail = new RunMail(_clock, (mine, cancellationToken) => SendAsync(role, mine, cancellationToken));
            _queues.Add(role, mail);
        }

        return mail;
    }

    private async Task<bool> SendAsync(string role, RunMail mail, CancellationToken cancellationToken)
    {
        var (ready, ended) = mail.Take();
        try
        {
            var queue = _grains.GetGrain<IRoleQueueGrain>(role + "/0");
            foreach (var entries in ready.Values.Chunk(ChunkMax))
            {
                await queue.EnqueueAsync(entries, cancellationToken);
            }

            foreach (var tasks in ended.Values.Chunk(ChunkMax))
            {
                await queue.RemoveAsync(tasks, cancellationToken);
            }

            return true;
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            _failed(exception);
            mail.PutBack(ready, ended);
            return false;
        }
    }

    private async Task<bool> SendStopsAsync(CancellationToken cancellationToken)
    {
        var stops = _stops.ToArray();
        _stops.Clear();
        return Array.TrueForAll(await Task.WhenAll(stops.Select(stop => StopAsync(stop, cancellationToken))), sent => sent);
    }

    private async Task<bool> StopAsync((WorkerId Worker, LeaseToken Token, string Reason, TimeSpan? Grace) stop, CancellationToken cancellationToken)
    {
        try
        {
            await _grains.GetGrain<IWorkerGrain>(stop.Worker.Value).StopAsync(stop.Token, stop.Reason, stop.Grace, cancellationToken);
            return true;
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            _failed(exception);
            _stops.Add(stop);
            return false;
        }
    }

    private async Task<bool> SendEntryAsync(CancellationToken cancellationToken)
    {
        var entry = _entry!;
        _entry = null;
        try
        {
            await _grains.GetGrain<IRunCatalogGrain>(RunShards.KeyOf(entry.Run.RunId)).RecordAsync(entry, cancellationToken);
            return true;
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            _failed(exception);
            _entry ??= entry;
            return false;
        }
    }

    private async Task<bool> TellParentAsync(CancellationToken cancellationToken)
    {
        var outcome = _outcome!;
        _outcome = null;
        try
        {
            await _grains.GetGrain<IGraphRunGrain>(outcome.Task.RunId.Value).ChildEndedAsync(outcome, cancellationToken);
            return true;
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            _failed(exception);
            _outcome ??= outcome;
            return false;
        }
    }
}
