using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansFlow.Silo.Gateway.Sql;

namespace OrleansFlow.Silo.Gateway.Queries;

/// <summary>Deletes kept results whose time is over.</summary>
internal sealed partial class KeptResultSweeper(KeptResults results, IOptions<SqlGatewayOptions> options, TimeProvider clock, ILogger<KeptResultSweeper> logger) : BackgroundService
{
    private readonly TimeSpan _interval = options.Value.SweepInterval;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(_interval, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                if (results.DeleteExpired() is > 0 and var count)
                {
                    LogSwept(count);
                }
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // The next sweep looks again.
                LogSweepFailed(exception);
            }
        }
    }

    [LoggerMessage(EventId = 5326, Level = LogLevel.Information, Message = "Deleted {ResultCount} kept results whose time was over")]
    private partial void LogSwept(int resultCount);

    [LoggerMessage(EventId = 5327, Level = LogLevel.Warning, Message = "Sweep of kept results failed; those whose time is over stay until the next one")]
    private partial void LogSweepFailed(Exception exception);
}
