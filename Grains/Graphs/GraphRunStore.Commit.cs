using System.Globalization;
using OrleansFlow.Storage;

namespace OrleansFlow.Grains.Graphs;

internal sealed partial class GraphRunStore
{
    /// <summary>The rows of one commit: one transaction, or new rows first and the head last.</summary>
    /// <param name="store">Whose rows.</param>
    /// <param name="mayWait">Whether nobody waits for it.</param>
    private sealed class Commit(GraphRunStore store, bool mayWait)
    {
        private readonly string _version = store.Batch is not null
            ? RunSegments.InPlace
            : string.Create(CultureInfo.InvariantCulture, $"{++store._commitCount:x}-{store._activation}");

        private readonly List<GrainStateChange> _changes = [];
        private readonly List<Func<Task>> _writes = [];
        private readonly List<Func<Task>> _leftovers = [];

        public void Add<T>(RunSegments segments, int number, T row)
            where T : class, new()
        {
            var before = segments.NameOf(number);
            var name = segments.Change(number, _version);
            if (before is not null && before != name)
            {
                Replace<T>(before);
            }

            AddRow(name, row, store._etags.GetValueOrDefault(name));
        }

        /// <summary>A row that is not needed any more.</summary>
        public void Remove<T>(RunSegments segments, int number)
            where T : class, new()
        {
            if (segments.NameOf(number) is { } name)
            {
                segments.Remove(number);
                Replace<T>(name);
            }
        }

        /// <summary>The one row that is written once; a submission that failed half-way may have left one that no head refers to, where rows are no transaction.</summary>
        public async Task AddPlanAsync(RunPlanRow row)
        {
            var found = new GrainState<RunPlanRow>(new RunPlanRow());
            if (store.Batch is null || store._head.RecordExists)
            {
                await store._storage.ReadStateAsync(PlanName, store._grain, found);
            }

            AddRow(PlanName, row, found.RecordExists ? found.ETag : null);
        }

        /// <summary>A row that is never written again.</summary>
        /// <param name="kind">First part of its name.</param>
        /// <param name="number">Which of its kind.</param>
        /// <param name="baseEpoch">Since which epoch the task counts: what it made before had a row of its own.</param>
        /// <param name="row">The row.</param>
        /// <returns>Its name.</returns>
        public string AddOnce<T>(string kind, int number, long baseEpoch, T row)
            where T : class, new()
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"{kind}-{number}.{_version}{(baseEpoch > 0 ? $".{baseEpoch:x}" : "")}");
            AddRow(name, row, etag: null);
            return name;
        }

        public async Task WriteAsync(GraphRunRow head)
        {
            if (store.Batch is { } batch)
            {
                var last = new GrainStateChange(HeadName, typeof(GraphRunRow), head, store._head.ETag) { MayWait = mayWait };
                _changes.Add(last);
                await batch.WriteAsync(store._grainText, _changes, CancellationToken.None);
                _changes.ForEach(change => store._etags[change.Name] = change.NextETag);
                (store._head.State, store._head.ETag, store._head.RecordExists) = (head, last.NextETag!, true);
                return;
            }

            await AllAsync(_writes);
            store._head.State = head;
            await store._storage.WriteStateAsync(HeadName, store._grain, store._head);
            await AllAsync(_leftovers);
        }

        private static async Task AllAsync(List<Func<Task>> actions)
        {
            foreach (var window in actions.Chunk(ReadsMax))
            {
                await Task.WhenAll(window.Select(action => action()));
            }
        }

        private void AddRow<T>(string name, T row, string? etag)
            where T : class, new()
        {
            if (store.Batch is not null)
            {
                _changes.Add(new GrainStateChange(name, typeof(T), row, etag));
                return;
            }

            _writes.Add(async () =>
            {
                var state = new GrainState<T>(row) { ETag = etag!, RecordExists = etag is not null };
                await store._storage.WriteStateAsync(name, store._grain, state);
                store._etags[name] = state.ETag;
            });
        }

        /// <summary>Deletes a row that the next head does not refer to.</summary>
        public void Replace<T>(string name)
            where T : class, new()
        {
            if (store.Batch is null)
            {
                _leftovers.Add(() => ClearAsync<T>(name));
            }
            else
            {
                _changes.Add(new GrainStateChange(name, typeof(T), null, store._etags.GetValueOrDefault(name)));
            }
        }

        private async Task ClearAsync<T>(string name)
            where T : class, new()
        {
            try
            {
                var state = new GrainState<T>(new T()) { ETag = store._etags.GetValueOrDefault(name)!, RecordExists = true };
                store._etags.Remove(name);
                await store._storage.ClearStateAsync(name, store._grain, state);
            }
            catch (Exception)
            {
                // The commit stands; a row that nothing refers to costs room and nothing else.
            }
        }
    }
}
