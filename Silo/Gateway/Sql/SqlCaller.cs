using System.Collections.Frozen;
using OrleansFlow.Errors;
using OrleansFlow.Protocol;
using OrleansFlow.Queries;
using OrleansFlow.Rpc;
using OrleansFlow.Silo.Gateway.Queries;
using OrleansFlow.Tasks;

namespace OrleansFlow.Silo.Gateway.Sql;

/// <summary>Whose statement it is, and what came along with it.</summary>
/// <param name="Tenant">Whose turns it takes; by the rule of ids.</param>
/// <param name="Owner">The proved name of the caller; empty where none was proved.</param>
internal sealed record SqlCaller(string Tenant, string Owner)
{
    private const string WholeName = "name";

    /// <summary>What the session builders of workers get to see; names in lower case.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = FrozenDictionary<string, string>.Empty;

    /// <summary>The id that the statement has if it runs on workers and nothing had it before; null: any.</summary>
    public string? QueryId { get; init; }

    /// <summary>Whether the result is to be kept.</summary>
    public bool Keeps { get; init; }

    /// <summary>Who makes a call.</summary>
    /// <param name="context">The call.</param>
    /// <param name="options">What of the caller names the tenant, and which headers go along.</param>
    /// <exception cref="FlowException"><c>bad_input</c>: what names the tenant is no id; or as <see cref="QueryHeaders.Read"/>.</exception>
    public static SqlCaller Of(RpcServerContext context, DistributedQueryOptions options)
    {
        var claim = options.TenantClaim;
        var tenant = claim is null ? null : ClaimOf(context, claim);
        if (tenant is not null && !IdText.IsValid(tenant))
        {
            throw new FlowException(
                FlowErrorCode.BadInput,
                $"The caller's {claim} '{tenant}' is no tenant: use 1 to {IdText.MaxLength} letters, digits, '_', '-' or '.', the first a letter or digit ({DistributedQueryOptions.SectionName}:{nameof(DistributedQueryOptions.TenantClaim)}).");
        }

        return new SqlCaller(tenant ?? IQueryTenantGrain.DefaultTenant, context.Caller.IsKnown ? context.Caller.Name : "") 
        {
            Headers = QueryHeaders.Read(context.RequestHeaders, options.ForwardedHeaders),
            Keeps = context.RequestHeaders.GetValue(FlowHeaders.KeepResult) == FlowHeaders.Yes,
        };
    }

    private static string? ClaimOf(RpcServerContext context, string claim)
    {
        if (!context.Caller.IsKnown)
        {
            return null;
        }

        if (claim.Equals(WholeName, StringComparison.OrdinalIgnoreCase))
        {
            return context.Caller.Name;
        }

        return context.Caller.Scheme == RpcCaller.Certificate && context.ClientCertificate is { } certificate
            ? certificate.SubjectName.EnumerateRelativeDistinguishedNames()
                .Where(part => !part.HasMultipleElements && Is(part.GetSingleElementType().FriendlyName, claim))
                .Select(part => part.GetSingleElementValue())
                .FirstOrDefault()
            : context.Caller.Name.Split(',')
                .Select(part => part.Split('=', 2, StringSplitOptions.TrimEntries))
                .Where(pair => pair.Length == 2 && Is(pair[0], claim))
                .Select(pair => pair[1])
                .FirstOrDefault();
    }

    private static bool Is(string? name, string claim) => claim.Equals(name, StringComparison.OrdinalIgnoreCase);
}
