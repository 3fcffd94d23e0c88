using System.Buffers.Text;
using System.Globalization;
using System.Text;
using OrleansFlow.Errors;
using OrleansFlow.Graphs;
using OrleansFlow.Tasks;

namespace OrleansFlow.Silo.Gateway.Control;

/// <summary>Pages through the runs of all catalog shards, newest first.</summary>
internal sealed class RunListing(IGrainFactory grains)
{
    /// <summary>Runs of a page when the caller names no number.</summary>
    public const int DefaultPageSize = 50;

    /// <summary>Most runs of a page.</summary>
    public const int PageSizeMax = 1_000;

    /// <summary>One page.</summary>
    /// <param name="pageSize">Most runs; 1 to <see cref="PageSizeMax"/>.</param>
    /// <param name="pageToken">Where the page before ended; empty for the first.</param>
    /// <param name="statuses">Only these; empty for all.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The runs without nodes, and the token of the next page; empty when there is none.</returns>
    /// <exception cref="FlowException"><c>bad_input</c>: the token is none of this listing's.</exception>
    public async Task<(IReadOnlyList<RunView> Runs, string NextPageToken)> PageAsync(
        int pageSize, string pageToken, IReadOnlyList<RunStatus> statuses, CancellationToken cancellationToken)
    {
        var (beforeUtc, beforeId) = ReadToken(pageToken);
        var shards = await Task.WhenAll(Enumerable.Range(0, IRunCatalogGrain.ShardCount).Select(shard => grains
            .GetGrain<IRunCatalogGrain>(shard.ToString(CultureInfo.InvariantCulture))
            .ListAsync(pageSize + 1, beforeUtc, beforeId, statuses, cancellationToken)));
        var merged = shards
            .SelectMany(entries => entries)
            .Select(entry => entry.Run)
            .OrderByDescending(run => run.SubmittedUtc)
            .ThenByDescending(run => run.RunId.Value, StringComparer.Ordinal)
            .Take(pageSize + 1)
            .ToList();
        if (merged.Count <= pageSize)
        {
            return (merged, "");
        }

        merged.RemoveAt(pageSize);
        return (merged, MakeToken(merged[^1]));
    }

    private static string MakeToken(RunView last) => Base64Url.EncodeToString(
        Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{last.SubmittedUtc.UtcTicks}/{last.RunId}")));

    private static (DateTimeOffset? BeforeUtc, RunId BeforeId) ReadToken(string token)
    {
        if (token.Length == 0)
        {
            return default;
        }

        if (Base64Url.IsValid(token)
            && Encoding.UTF8.GetString(Base64Url.DecodeFromChars(token)).Split('/') is [var ticksText, var id]
            && long.TryParse(ticksText, NumberStyles.None, CultureInfo.InvariantCulture, out var ticks)
            && ticks <= DateTimeOffset.MaxValue.UtcTicks
            && IdText.IsValid(id))
        {
            return (new DateTimeOffset(ticks, TimeSpan.Zero), new RunId(id));
        }

        throw new FlowException(FlowErrorCode.BadInput, "page_token is none that a listing gave out. Begin again without one.");
    }
}
