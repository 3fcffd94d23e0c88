using System.Collections.Immutable;

namespace Orleans.Embedded;

/// <summary>An immutable set of request context values, so that handing it to a call costs nothing.</summary>
internal sealed class RequestContextValues(ImmutableDictionary<string, object> values, Guid reentrancyId)
{
    public static readonly RequestContextValues Empty = new(ImmutableDictionary<string, object>.Empty, Guid.Empty);

    public ImmutableDictionary<string, object> Values { get; } = values;

    public Guid ReentrancyId { get; } = reentrancyId;

    public RequestContextValues With(string key, object value) => new(Values.SetItem(key, value), ReentrancyId);

    public RequestContextValues With(Guid reentrancyId) => new(Values, reentrancyId);

    public RequestContextValues Without(string key) => new(Values.Remove(key), ReentrancyId);
}
