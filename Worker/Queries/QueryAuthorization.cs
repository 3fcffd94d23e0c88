using OrleansFlow.Errors;
using OrleansFlow.Rpc;
using OrleansFlow.Worker.Data;

namespace OrleansFlow.Worker.Queries;

/// <summary>Who may run and read queries on a worker: the bearer of the call's <c>authorization</c> header.</summary>
internal abstract class QueryAuthorization
{
    /// <summary>The header of a call.</summary>
    public const string Header = "authorization";

    /// <summary>What its value begins with.</summary>
    public const string Scheme = "Bearer ";

    /// <summary>Everybody: for a worker that only trusted callers reach.</summary>
    public static QueryAuthorization Everybody { get; } = new Open();

    /// <summary>Lets a call in.</summary>
    /// <param name="headers">Of the call.</param>
    /// <param name="queryId">The query that it is about; null for none.</param>
    /// <returns>The token, which the worker shows to its peers when it reads rows for the same query; null for none.</returns>
    /// <exception cref="FlowException"><c>unauthenticated</c>.</exception>
    public abstract string? Authorize(RpcMetadata headers, string? queryId);

    private static string? TokenOf(RpcMetadata headers) =>
        headers.GetValue(Header) is { } value && value.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) ? value[Scheme.Length..] : null;

    /// <summary>Tokens that the cluster's silo signs: kind <see cref="SignedTextReader.QueryKind"/>, subject the id of the one query that they are good for.</summary>
    internal sealed class Signed(VerificationKeys keys, TimeProvider clock) : QueryAuthorization
    {
        public override string? Authorize(RpcMetadata headers, string? queryId)
        {
            var token = TokenOf(headers)
                ?? throw new FlowException(FlowErrorCode.Unauthenticated, $"The call carries no token; send '{Header}: {Scheme}' and the query's token, which the gateway makes.");
            var subject = SignedTextReader.Read(SignedTextReader.QueryKind, token, keys.Verify, clock.GetUtcNow());
            return queryId is null || subject == queryId
                ? token
                : throw new FlowException(FlowErrorCode.Unauthenticated, $"The token is for another query than '{queryId}'.");
        }
    }

    private sealed class Open : QueryAuthorization
    {
        // A host with a scheme of its own checks calls before they come here; its peers want to see the same token.
        public override string? Authorize(RpcMetadata headers, string? queryId) => TokenOf(headers);
    }
}
