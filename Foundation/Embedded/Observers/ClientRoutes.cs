using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace Orleans.Embedded;

/// <summary>Takes the requests for the objects of one client.</summary>
internal interface IClientRoute
{
    /// <summary>The part of the objects' ids that names the client.</summary>
    string ClientId { get; }

    /// <summary>Takes a request that has been prepared, and answers it at some time.</summary>
    /// <param name="request">The request.</param>
    void Deliver(GrainRequest request);
}

/// <summary>The clients of a cluster, to which requests for their objects go. The id of an object is <c>sys.client/CLIENT+OBJECT</c>.</summary>
internal sealed class ClientRoutes
{
    /// <summary>The grain type in the ids of clients and their objects.</summary>
    public static readonly GrainType ClientType = GrainType.Create("sys.client");

    private readonly ConcurrentDictionary<string, IClientRoute> _routes = new(StringComparer.Ordinal);

    public static GrainId IdOf(string clientId, string objectId) => GrainId.Create(ClientType, $"{clientId}+{objectId}");

    /// <summary>Takes an object's id apart.</summary>
    public static bool TryParse(GrainId id, [NotNullWhen(true)] out string? clientId, [NotNullWhen(true)] out string? objectId)
    {
        clientId = objectId = null;
        if (id.Type != ClientType)
        {
            return false;
        }

        var key = id.Key.ToString();
        var plus = key.LastIndexOf('+');
        if (plus <= 0 || plus == key.Length - 1)
        {
            return false;
        }

        clientId = key[..plus];
        objectId = key[(plus + 1)..];
        return true;
    }

    /// <summary>Lets the client's objects be called; a route of the same id is replaced.</summary>
    public void Add(IClientRoute route) => _routes[route.ClientId] = route;

    public void Remove(IClientRoute route) => _routes.TryRemove(new KeyValuePair<string, IClientRoute>(route.ClientId, route));

    /// <summary>Hands a request to the client of its target.</summary>
    public void Deliver(GrainRequest request)
    {
        var id = request._reference!.GrainId;
        if (TryParse(id, out var clientId, out _) && _routes.TryGetValue(clientId, out var route))
        {
            route.Deliver(request);
            return;
        }

        request.TryFail(new ClientNotAvailableException(id));
        request.ReleaseOwner();
    }
}
