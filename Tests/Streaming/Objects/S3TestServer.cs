using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Xml.Linq;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace OrleansFlow.Tests.Streaming.Objects;

/// <summary>What goes wrong with a request.</summary>
internal enum S3Fault
{
    None,

    /// <summary>503 before anything is done.</summary>
    Busy,

    /// <summary>429 before anything is done.</summary>
    Throttled,

    /// <summary>The connection is cut before anything is done.</summary>
    CutBefore,

    /// <summary>The connection is cut when all is done: the answer is lost.</summary>
    CutAfter,

    /// <summary>The connection is cut in the middle of the answer's body.</summary>
    CutBody,

    /// <summary>A refusal that no retry helps against.</summary>
    Denied,
}

/// <summary>A bucket in memory behind Kestrel, as the public reference of the S3 API describes it. It verifies signatures by its own means.</summary>
internal sealed class S3TestServer : IAsyncDisposable
{
    public const string AccessKey = "TESTKEY";
    public const string Secret = "test/secret+key";
    private const int PageSize = 4;
    private static readonly string[] SignedIfSent = ["if-none-match", "if-match", "range", "x-amz-security-token"];

    private readonly WebApplication _app;
    private readonly Lock _gate = new();
    private readonly SortedDictionary<string, byte[]> _objects = new(StringComparer.Ordinal);
    private readonly Dictionary<string, SortedDictionary<int, byte[]>> _uploads = [];
    private int _made;

    private S3TestServer(WebApplication app) => _app = app;

    /// <summary>Which fault a request meets; asked once for each.</summary>
    public Func<string, S3Fault> Fault { get; set; } = _ => S3Fault.None;

    /// <summary>Method and target of each request, in order.</summary>
    public ConcurrentQueue<string> Requests { get; } = new();

    /// <summary>Uploads in parts that are neither completed nor aborted.</summary>
    public int OpenUploadCount => Locked(() => _uploads.Count);

    public Uri Address => new(_app.Urls.First());

    public static async Task<S3TestServer> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0").ConfigureKestrel(options => options.Limits.MaxRequestBodySize = null);
        var app = builder.Build();
        var server = new S3TestServer(app);
        app.Run(server.HandleAsync);
        await app.StartAsync();
        return server;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private static string? Check(HttpContext context, string target, byte[] body)
    {
        var headers = context.Request.Headers;
        var authorization = headers.Authorization.ToString();
        var fields = authorization["AWS4-HMAC-SHA256 ".Length..].Split(',').Select(field => field.Trim().Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1]);
        var scope = fields["Credential"].Split('/');
        if (scope[0] != AccessKey || Math.Abs((DateTimeOffset.ParseExact(headers["x-amz-date"].ToString(), "yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal)
            - TimeProvider.System.GetUtcNow()).TotalMinutes) > 15)
        {
            return "InvalidAccessKeyId";
        }

        if (headers["x-amz-content-sha256"] != Convert.ToHexStringLower(SHA256.HashData(body)))
        {
            return "XAmzContentSHA256Mismatch";
        }

        var parts = target.Split('?', 2);
        var query = parts.Length < 2 ? "" : string.Join('&', parts[1].Split('&').Order(StringComparer.Ordinal));
        var signed = fields["SignedHeaders"].Split(';');
        var lines = signed.Select(name => $"{name}:{(name == "host" ? context.Request.Host.Value : headers[name].ToString())}\n");
        var canonical = $"{context.Request.Method}\n{parts[0]}\n{query}\n{string.Concat(lines)}\n{fields["SignedHeaders"]}\n{headers["x-amz-content-sha256"]}";
        var text = $"AWS4-HMAC-SHA256\n{headers["x-amz-date"]}\n{string.Join('/', scope[1..])}\n{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(canonical)))}";
        var key = scope[1..].Aggregate(Encoding.UTF8.GetBytes("AWS4" + Secret), (before, part) => HMACSHA256.HashData(before, Encoding.UTF8.GetBytes(part)));
        var mustSign = SignedIfSent.Where(name => headers.ContainsKey(name));
        return Convert.ToHexStringLower(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(text))) == fields["Signature"] && !mustSign.Except(signed).Any()
            ? null
            : "SignatureDoesNotMatch";
    }

    private static Answer Error(int status, string code) => new(status, Encoding.UTF8.GetBytes($"<Error><Code>{code}</Code><Message>as asked</Message></Error>"));

    private static string TagOf(byte[] content) => $"\"{Convert.ToHexStringLower(SHA256.HashData(content))[..32]}\"";

    private async Task HandleAsync(HttpContext context)
    {
        var target = context.Features.Get<IHttpRequestFeature>()!.RawTarget;
        using var memory = new MemoryStream();
        await context.Request.Body.CopyToAsync(memory);
        var body = memory.ToArray();
        var request = $"{context.Request.Method} {target}";
        Requests.Enqueue(request);
        var fault = Fault(request);
        if (fault == S3Fault.CutBefore)
        {
            context.Abort();
            return;
        }

        var answer = fault switch
        {
            S3Fault.Busy => Error(503, "SlowDown"),
            S3Fault.Throttled => Error(429, "TooManyRequests"),
            S3Fault.Denied => Error(403, "AccessDenied"),
            _ => Check(context, target, body) is { } problem ? Error(403, problem) : Locked(() => Answered(context, target, body)),
        };
        if (fault == S3Fault.CutAfter)
        {
            context.Abort();
            return;
        }

        context.Response.StatusCode = answer.Status;
        context.Response.ContentLength = answer.Body.Length;
        if (answer.Tag is { } tag)
        {
            context.Response.Headers.ETag = tag;
        }

        if (context.Request.Method == "HEAD" || answer.Status == 204)
        {
            return;
        }

        var cut = fault == S3Fault.CutBody ? answer.Body.Length / 2 : answer.Body.Length;
        await context.Response.Body.WriteAsync(answer.Body.AsMemory(0, cut));
        if (fault == S3Fault.CutBody)
        {
            await context.Response.Body.FlushAsync();
            context.Abort();
        }
    }

    private Answer Answered(HttpContext context, string target, byte[] body)
    {
        var path = Uri.UnescapeDataString(target.Split('?')[0]);
        var key = context.Request.Host.Host.StartsWith("bucket.", StringComparison.Ordinal) ? path[1..] : path.StartsWith("/bucket/", StringComparison.Ordinal) ? path["/bucket/".Length..] : null;
        var query = context.Request.Query;
        return (context.Request.Method, key) switch
        {
            (_, null) => Error(404, "NoSuchBucket"),
            ("GET", "") => List(query["prefix"].ToString(), query["continuation-token"].ToString()),
            ("GET" or "HEAD", _) => Get(context, key),
            ("PUT", _) when query.ContainsKey("partNumber") => Part(query["uploadId"].ToString(), int.Parse(query["partNumber"]!, CultureInfo.InvariantCulture), body),
            ("PUT", _) => Put(context, key, body),
            ("POST", _) when query.ContainsKey("uploads") => Begin(),
            ("POST", _) => Complete(key, query["uploadId"].ToString(), body),
            ("DELETE", _) when query.ContainsKey("uploadId") => _uploads.Remove(query["uploadId"].ToString()) ? new Answer(204, []) : Error(404, "NoSuchUpload"),
            ("DELETE", _) => Remove(key),
            _ => Error(405, "MethodNotAllowed"),
        };
    }

    private Answer List(string prefix, string after)
    {
        var names = _objects.Keys.Where(name => name.StartsWith(prefix, StringComparison.Ordinal) && string.CompareOrdinal(name, after) > 0).ToList();
        XNamespace space = "http://s3.amazonaws.com/doc/2006-03-01/";
        var page = new XElement(space + "ListBucketResult", new XElement(space + "IsTruncated", names.Count > PageSize ? "true" : "false"));
        foreach (var name in names.Take(PageSize))
        {
            page.Add(new XElement(space + "Contents", new XElement(space + "Key", name), new XElement(space + "Size", _objects[name].Length)));
        }

        if (names.Count > PageSize)
        {
            page.Add(new XElement(space + "NextContinuationToken", names[PageSize - 1]));
        }

        return new Answer(200, Encoding.UTF8.GetBytes(page.ToString()));
    }

    private Answer Get(HttpContext context, string key)
    {
        if (!_objects.TryGetValue(key, out var content))
        {
            return Error(404, "NoSuchKey");
        }

        if (context.Request.Headers.IfMatch is { Count: > 0 } tag && tag != TagOf(content))
        {
            return Error(412, "PreconditionFailed");
        }

        var range = context.Request.Headers.Range.ToString();
        return range.Length == 0 ? new Answer(200, content, TagOf(content)) : new Answer(206, content[int.Parse(range["bytes=".Length..^1], CultureInfo.InvariantCulture)..], TagOf(content));
    }

    private Answer Put(HttpContext context, string key, byte[] body)
    {
        if (context.Request.Headers.IfNoneMatch == "*" && _objects.ContainsKey(key))
        {
            return Error(412, "PreconditionFailed");
        }

        _objects[key] = body;
        return new Answer(200, [], TagOf(body));
    }

    private Answer Begin()
    {
        var id = $"upload/{++_made}+x";
        _uploads[id] = [];
        return new Answer(200, Encoding.UTF8.GetBytes($"<InitiateMultipartUploadResult><UploadId>{id}</UploadId></InitiateMultipartUploadResult>"));
    }

    private Answer Part(string id, int number, byte[] body)
    {
        if (!_uploads.TryGetValue(id, out var parts))
        {
            return Error(404, "NoSuchUpload");
        }

        parts[number] = body;
        return new Answer(200, [], TagOf(body));
    }

    private Answer Complete(string key, string id, byte[] body)
    {
        if (!_uploads.TryGetValue(id, out var parts))
        {
            return Error(404, "NoSuchUpload");
        }

        var asked = XElement.Parse(Encoding.UTF8.GetString(body)).Elements().Select(part => (Number: (int)part.Element("PartNumber")!, Tag: (string)part.Element("ETag")!)).ToList();
        if (!asked.SequenceEqual(parts.Select(part => (part.Key, TagOf(part.Value)))) || parts.SkipLast(1).Any(part => part.Value.Length < 5 * 1024 * 1024))
        {
            // As the real one: 200 first, the error in the body.
            return Error(200, "InvalidPart");
        }

        _objects[key] = [.. parts.Values.SelectMany(part => part)];
        _uploads.Remove(id);
        return new Answer(200, "<CompleteMultipartUploadResult/>"u8.ToArray());
    }

    private Answer Remove(string key)
    {
        _objects.Remove(key);
        return new Answer(204, []);
    }

    private T Locked<T>(Func<T> action)
    {
        lock (_gate)
        {
            return action();
        }
    }

    private sealed record Answer(int Status, byte[] Body, string? Tag = null);
}
