using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.Extensions.Options;
using OrleansFlow.Errors;
using OrleansFlow.Rpc;

namespace OrleansFlow.Silo.Security;

/// <summary>
/// Lets a call in: by the configured token, by a token that the cluster key signed, by a client certificate where those are trusted, or, where no
/// token is needed, as it is. Handlers find who it is in <see cref="RpcServerContext.Caller"/>.
/// </summary>
internal sealed class AuthInterceptor : IRpcServerInterceptor
{
    private const string Scheme = "Bearer ";
    private const string BasicScheme = "Basic ";

    // Whoever has the configured token.
    private static readonly RpcCaller Configured = new("token", RpcCaller.Bearer);

    private readonly SignedText _signed;
    private readonly bool _tokenNeeded;
    private readonly bool _trustsCertificates;
    private readonly byte[]? _configured;

    // A client sends the same token with every call; checking the last good one again costs no elliptic curve.
    private volatile LastGood? _lastGood;
    private readonly TimeProvider _clock;

    public AuthInterceptor(IOptions<GatewayAuthOptions> options, SignedText signed, TimeProvider clock)
    {
        _signed = signed;
        _clock = clock;
        _tokenNeeded = options.Value.TokenNeeded;
        _trustsCertificates = options.Value.TrustsClientCertificates;
        _configured = options.Value.Token is { } token ? SHA256.HashData(Encoding.UTF8.GetBytes(token)) : null;
    }

    public Task InterceptAsync(RpcServerContext context, Func<Task> nextAsync)
    {
        var authorization = context.RequestHeaders.GetValue("authorization");

        // A token that comes beside a certificate is checked all the same: it says more than the connection does.
        if (_tokenNeeded && (authorization is not null || !_trustsCertificates || context.ClientCertificate is null))
        {
            context.Caller = Check(authorization);
        }

        context.Items[typeof(GatewayCaller)] = new GatewayCaller(_tokenNeeded, UserOf(authorization));

        return nextAsync();
    }

    /// <summary>Lets a call over plain HTTP in, by the same rule.</summary>
    /// <exception cref="FlowException"><c>unauthenticated</c>.</exception>
    public void CheckHttp(string? authorization, X509Certificate2? certificate)
    {
        if (_tokenNeeded && (authorization is not null || !_trustsCertificates || certificate is null))
        {
            Check(authorization);
        }
    }

    /// <summary>Checks the value of an authorization header.</summary>
    /// <returns>Whom the token names.</returns>
    /// <exception cref="FlowException"><c>unauthenticated</c>.</exception>
    public RpcCaller Check(string? authorization)
    {
        if (TryTokenOf(authorization) is not { } token)
        {
            throw new FlowException(
                FlowErrorCode.Unauthenticated,
                "This gateway wants a token: send the header 'authorization: Bearer TOKEN' (--token, FLOW_TOKEN, or endpoints.json of the silo's data folder).");
        }

        var digest = SHA256.HashData(Encoding.UTF8.GetBytes(token));

        // Digests of equal length, so that the comparison's time says nothing about the configured token.
        if (_configured is not null && CryptographicOperations.FixedTimeEquals(digest, _configured))
        {
            return Configured;
        }

        var now = _clock.GetUtcNow();
        if (_lastGood is { } last && now < last.CheckAgainUtc && CryptographicOperations.FixedTimeEquals(digest, last.Digest))
        {
            return last.Caller;
        }

        var caller = new RpcCaller(_signed.Read(SignedText.TokenKind, token), RpcCaller.Bearer);
        _lastGood = new LastGood(digest, caller, now + TimeSpan.FromSeconds(1));
        return caller;
    }

    /// <summary>The token of a bearer, or the password of a user: clients that only know users send the token as that.</summary>
    private static string? TryTokenOf(string? authorization)
    {
        if (authorization is null)
        {
            return null;
        }

        if (authorization.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
        {
            return authorization[Scheme.Length..].Trim();
        }

        return TryBasic(authorization) is { } pair ? pair[(pair.IndexOf(':', StringComparison.Ordinal) + 1)..] : null;
    }

    private static string? UserOf(string? authorization) =>
        authorization is not null && TryBasic(authorization) is { } pair ? pair[..pair.IndexOf(':', StringComparison.Ordinal)] : null;

    private static string? TryBasic(string authorization)
    {
        if (!authorization.StartsWith(BasicScheme, StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        var text = authorization.AsSpan(BasicScheme.Length).Trim();
        var bytes = new byte[text.Length];
        if (!Convert.TryFromBase64Chars(text, bytes, out var written))
        {
            return null;
        }

        var pair = Encoding.UTF8.GetString(bytes, 0, written);
        return pair.Contains(':', StringComparison.Ordinal) ? pair : null;
    }

    private sealed record LastGood(byte[] Digest, RpcCaller Caller, DateTimeOffset CheckAgainUtc);
}
