using OrleansFlow.Tasks;
using OrleansFlow.Workflows;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Grains.Workflows;

/// <summary>The health of workers without a session.</summary>
internal sealed class WorkflowHealthGrain : Grain, IWorkflowHealthGrain
{
    /// <summary>Most workers that are known; beyond it the one that was silent for longest is forgotten.</summary>
    private const int WorkersMax = 10_000;

    private readonly SortedDictionary<string, (Payload Health, long Word)> _workers = new(StringComparer.Ordinal);
    private readonly SortedDictionary<long, string> _byWord = [];
    private long _words;

    public Task ReportAsync(WorkerId worker, Payload health, CancellationToken cancellationToken)
    {
        if (_workers.TryGetValue(worker.Value, out var known))
        {
            _byWord.Remove(known.Word);
        }
        else if (_workers.Count == WorkersMax && _byWord.First() is { Key: var word, Value: var silent })
        {
            _byWord.Remove(word);
            _workers.Remove(silent);
        }

        _workers[worker.Value] = (health, ++_words);
        _byWord.Add(_words, worker.Value);
        return Task.CompletedTask;
    }

    public Task<IReadOnlyList<Payload>> ListAsync(CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<Payload>>([.. _workers.Values.Select(worker => worker.Health)]);
}
