using System.Text.Json.Serialization;
using OrleansFlow.Grains.Commits;
using OrleansFlow.Jobs;

namespace OrleansFlow.Grains.Jobs;

/// <summary>A list of names, newest first.</summary>
internal sealed class JobDirectoryGrain([PersistentState("names", FlowGrainStorage.Name)] IPersistentState<JobDirectoryRow> row) : Grain, IJobDirectoryGrain
{
    public async Task RecordAsync(string name, CancellationToken cancellationToken)
    {
        var names = row.State.Names;
        if (!names.Contains(name))
        {
            await WriteAsync([name, .. names.Take(IJobDirectoryGrain.NamesMax - 1)]);
        }
    }

    public async Task RemoveAsync(string name, CancellationToken cancellationToken)
    {
        if (row.State.Names.Contains(name))
        {
            await WriteAsync([.. row.State.Names.Where(one => one != name)]);
        }
    }

    public Task<IReadOnlyList<string>> ListAsync(CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<string>>([.. row.State.Names]);

    private async Task WriteAsync(List<string> names)
    {
        row.State = new JobDirectoryRow { Names = names };
        try
        {
            await row.WriteStateAsync(CancellationToken.None);
        }
        catch
        {
            // Whether it was kept is not known: the next activation reads what is there.
            DeactivateOnIdle();
            throw;
        }
    }
}

/// <summary>Stored form of <see cref="JobDirectoryGrain"/>.</summary>
internal sealed class JobDirectoryRow
{
    [JsonPropertyName("format"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Format { get; set => field = StateFormat.Known(value); }

    [JsonPropertyName("names")]
    public List<string> Names { get; set; } = [];
}
