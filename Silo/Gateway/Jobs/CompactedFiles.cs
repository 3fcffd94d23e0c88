using OrleansFlow.Decisions.Jobs;
using OrleansFlow.Grains.Jobs;

namespace OrleansFlow.Silo.Gateway.Jobs;

/// <summary>
/// Files that were put together and that no checkpoint may name yet, so that no cleaning takes them away. Thread-safe. They need not outlive the process: orders to use
/// them arrive before the barrier of the next checkpoint, which names them, and files are cleaned only after a checkpoint.
/// </summary>
internal sealed class CompactedFiles(JobRules rules, TimeProvider clock)
{
    /// <summary>Two checkpoints: the one that was under way when they were made, and the one that names them.</summary>
    private readonly TimeSpan _keptFor = rules.CheckpointBound * 2;
    private readonly Lock _gate = new();
    private readonly Dictionary<JobCheckpointsPlace, Files> _jobs = [];

    /// <summary>Files that are in use; null while some are being made.</summary>
    public IReadOnlyCollection<string>? TryList(JobCheckpointsPlace place)
    {
        lock (_gate)
        {
            if (!_jobs.TryGetValue(place, out var files))
            {
                return [];
            }

            foreach (var old in files.MadeAt.Where(one => clock.GetElapsedTime(one.Value) > _keptFor).Select(one => one.Key).ToList())
            {
                files.MadeAt.Remove(old);
            }

            return files.RunningCount > 0 ? null : [.. files.MadeAt.Keys];
        }
    }

    /// <summary>A compaction begins; it ends when the result is disposed.</summary>
    public Running Begin(JobCheckpointsPlace place)
    {
        lock (_gate)
        {
            if (!_jobs.TryGetValue(place, out var files))
            {
                _jobs.Add(place, files = new Files());
            }

            files.RunningCount++;
        }

        return new Running(this, place);
    }

    /// <summary>A compaction that is under way.</summary>
    internal sealed class Running(CompactedFiles owner, JobCheckpointsPlace place) : IDisposable
    {
        private bool _hasEnded;

        /// <summary>These files were made, and are in use from now on.</summary>
        public void Keep(IEnumerable<string> paths)
        {
            lock (owner._gate)
            {
                foreach (var path in paths)
                {
                    owner._jobs[place].MadeAt[path] = owner.Now;
                }
            }
        }

        public void Dispose()
        {
            lock (owner._gate)
            {
                if (!_hasEnded && owner._jobs[place] is var files)
                {
                    _hasEnded = true;
                    files.RunningCount--;
                    if (files is { RunningCount: 0, MadeAt.Count: 0 })
                    {
                        owner._jobs.Remove(place);
                    }
                }
            }
        }
    }

    private long Now => clock.GetTimestamp();

    private sealed class Files
    {
        public int RunningCount { get; set; }

        public Dictionary<string, long> MadeAt { get; } = new(StringComparer.Ordinal);
    }
}
