using System.Net;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.Connectors.V1;
using OrleansFlow.Streaming.Connectors.Web;
using StackExchange.Redis;

namespace OrleansFlow.Streaming.Connectors.Redis;

/// <summary>A server or cluster of Redis, and what its failures mean. It connects when it is first asked, and anew when a connection breaks.</summary>
/// <param name="endpoint">Which one.</param>
/// <param name="operatorId">Who asks, for messages.</param>
internal sealed class RedisClient(RedisEndpoint endpoint, string operatorId) : IAsyncDisposable
{
    private const int DefaultPort = 6379;
    private static readonly string[] Transient = ["LOADING", "READONLY", "CLUSTERDOWN", "MASTERDOWN", "TRYAGAIN", "OOM", "BUSY", "MISCONF", "NOREPLICAS", "MOVED", "ASK"];

    private readonly SemaphoreSlim _gate = new(1);
    private readonly ConfigurationOptions _options = Options(endpoint, operatorId);
    private ConnectionMultiplexer? _connection;

    /// <summary>How often to try again.</summary>
    public WebRetries Retries { get; } = WebRetries.Of(new WebEndpoint
    {
        AttemptsMax = endpoint.AttemptsMax, FirstBackoffMicros = endpoint.FirstBackoffMicros, MaxBackoffMicros = endpoint.MaxBackoffMicros,
    });

    /// <summary>Asks once.</summary>
    /// <exception cref="FlowException">It failed: <see cref="FlowErrorCode.StoreUnavailable"/> where later may be better, else <see cref="FlowErrorCode.BadOption"/>.</exception>
    public async Task<T> AskAsync<T>(Func<IDatabase, Task<T>> ask, CancellationToken cancellationToken)
    {
        try
        {
            var connection = await ConnectAsync(cancellationToken);
            return await ask(connection.GetDatabase()).WaitAsync(cancellationToken);
        }
        catch (Exception exception) when (exception is RedisException or TimeoutException)
        {
            throw Failed(exception);
        }
    }

    /// <summary>Asks until it works, at most as often as the endpoint says.</summary>
    public async Task<T> AskAgainAsync<T>(Func<IDatabase, Task<T>> ask, TimeProvider clock, CancellationToken cancellationToken)
    {
        for (var failures = 1; ; failures++)
        {
            try
            {
                return await AskAsync(ask, cancellationToken);
            }
            catch (FlowException exception) when (exception.Code == FlowErrorCode.StoreUnavailable && failures < Retries.AttemptsMax)
            {
                await Task.Delay(Retries.After(failures, null), clock, cancellationToken);
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_connection is { } connection)
        {
            _connection = null;
            await connection.DisposeAsync();
        }

        _gate.Dispose();
    }

    /// <summary>Reads addresses. The secrets need not be there.</summary>
    /// <exception cref="FlowException">One is none (<see cref="FlowErrorCode.BadOption"/>).</exception>
    public static (List<DnsEndPoint> Nodes, bool IsTls, int Database) ReadAddress(string address, string operatorId)
    {
        var (nodes, schemes, database) = (new List<DnsEndPoint>(), new HashSet<string>(StringComparer.Ordinal), 0);
        foreach (var part in address.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (!Uri.TryCreate(part, UriKind.Absolute, out var url) || url.Scheme is not ("redis" or "rediss") || url.Host.Length == 0 || url.UserInfo.Length > 0
                || (url.AbsolutePath.Trim('/') is { Length: > 0 } path && !int.TryParse(path, out database)))
            {
                // The text may hold a password, so that it is not shown.
                throw new FlowException(
                    FlowErrorCode.BadOption, $"The option address of '{operatorId}' is no address of Redis: it is redis://host:port or rediss://host:port (TLS), perhaps with /database, several between commas; user and password have options of their own.");
            }

            schemes.Add(url.Scheme);
            nodes.Add(new DnsEndPoint(url.Host, url.Port > 0 ? url.Port : DefaultPort));
        }

        return nodes.Count > 0 && schemes.Count == 1
            ? (nodes, schemes.Contains("rediss"), database)
            : throw new FlowException(FlowErrorCode.BadOption, $"The option address of '{operatorId}' needs at least one address, all of them redis:// or all rediss://.");
    }

    private static ConfigurationOptions Options(RedisEndpoint endpoint, string operatorId)
    {
        var what = $"The connection of '{operatorId}'";
        var (nodes, isTls, database) = ReadAddress(WebSecrets.Resolve(endpoint.Address, what), operatorId);
        var options = new ConfigurationOptions
        {
            // What fails is told at once, and tried again here, where tries are counted.
            AbortOnConnectFail = true, BacklogPolicy = BacklogPolicy.FailFast, ConnectRetry = 1, ConnectTimeout = 5_000, AsyncTimeout = 10_000, ReconnectRetryPolicy = new LinearRetry(200),
            HeartbeatInterval = TimeSpan.FromMilliseconds(200), ClientName = "orleansflow", Ssl = isTls, DefaultDatabase = database,
        };
        options.SslHost = isTls && nodes.Count == 1 ? nodes[0].Host : null;
        options.User = endpoint.Username.Length > 0 ? WebSecrets.Resolve(endpoint.Username, what) : null;
        options.Password = endpoint.Password.Length > 0 ? WebSecrets.Resolve(endpoint.Password, what) : null;
        nodes.ForEach(node => options.EndPoints.Add(node));
        return options;
    }

    private async ValueTask<ConnectionMultiplexer> ConnectAsync(CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            return _connection ??= await ConnectionMultiplexer.ConnectAsync(_options).WaitAsync(cancellationToken);
        }
        finally
        {
            _gate.Release();
        }
    }

    private FlowException Failed(Exception exception)
    {
        var isBad = exception switch
        {
            RedisServerException => !Array.Exists(Transient, word => exception.Message.StartsWith(word, StringComparison.Ordinal)),
            RedisConnectionException { FailureType: ConnectionFailureType.AuthenticationFailure } => true,
            RedisCommandException => true,
            _ => false,
        };
        return new FlowException(isBad ? FlowErrorCode.BadOption : FlowErrorCode.StoreUnavailable, $"Redis failed for '{operatorId}': {exception.Message}", exception);
    }
}
