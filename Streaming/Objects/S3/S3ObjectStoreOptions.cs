using OrleansFlow.Errors;

namespace OrleansFlow.Streaming.Objects.S3;

/// <summary>Which bucket, and how requests to it are made.</summary>
public sealed record S3ObjectStoreOptions
{
    /// <summary>Fewest bytes that the protocol allows for a part, the last one of an object excepted.</summary>
    public const int PartBytesMin = 5 * 1024 * 1024;

    /// <summary>The bucket. Required.</summary>
    public string Bucket { get; init; } = "";

    /// <summary>What names begin with in the bucket, without a slash at the ends. Default empty.</summary>
    public string Prefix { get; init; } = "";

    /// <summary>Address of the service, for example <c>https://minio.example:9000</c>. Default null: that of AWS in <see cref="Region"/>.</summary>
    public Uri? Endpoint { get; init; }

    /// <summary>Region that requests are signed for. Default <c>us-east-1</c>.</summary>
    public string Region { get; init; } = "us-east-1";

    /// <summary>Whether the bucket stands in the path and not in the host's name. Default null: in the path when an endpoint is given.</summary>
    public bool? UsesPathStyle { get; init; }

    /// <summary>Name of the key that requests are signed with. Required.</summary>
    public string AccessKeyId { get; init; } = "";

    /// <summary>The key that requests are signed with. Required; it never shows in a message.</summary>
    public string SecretAccessKey { get; init; } = "";

    /// <summary>Token of temporary credentials. Default null: there is none.</summary>
    public string? SessionToken { get; init; }

    /// <summary>Bytes of a part of a large object, which an upload holds in memory. Default 8 MiB. 5 MiB to 1 GiB; an object has at most 10 000 parts.</summary>
    public int PartBytes { get; init; } = 8 * 1024 * 1024;

    /// <summary>Tries of a request, the first one included, when the service is busy or cannot be reached. Default 6. 1 to 20.</summary>
    public int AttemptsMax { get; init; } = 6;

    /// <summary>Wait before the second try; each further one is twice as long, half of it by chance. Default 100 ms. 1 ms to 10 s.</summary>
    public TimeSpan FirstBackoff { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Longest wait between two tries. Default 5 s. Not below <see cref="FirstBackoff"/>; at most 1 min.</summary>
    public TimeSpan MaxBackoff { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Longest time until the answer of a request begins. Default 30 s. 1 s to 10 min.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Seed of the chance in waits between tries. Default null: another one for each process.</summary>
    public int? BackoffSeed { get; init; }

    /// <summary>
    /// Endpoint, region and credentials from <c>AWS_ENDPOINT_URL_S3</c> or <c>AWS_ENDPOINT_URL</c>, <c>AWS_REGION</c> or <c>AWS_DEFAULT_REGION</c>,
    /// <c>AWS_ACCESS_KEY_ID</c>, <c>AWS_SECRET_ACCESS_KEY</c> and <c>AWS_SESSION_TOKEN</c>.
    /// </summary>
    /// <param name="variable">Reads an environment variable.</param>
    /// <exception cref="FlowException">The endpoint is no address (<see cref="FlowErrorCode.BadOption"/>).</exception>
    public static S3ObjectStoreOptions FromEnvironment(Func<string, string?> variable)
    {
        ArgumentNullException.ThrowIfNull(variable);
        var endpoint = First(variable, "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL");
        Uri? address = null;
        if (endpoint is not null && !Uri.TryCreate(endpoint, UriKind.Absolute, out address))
        {
            throw new FlowException(FlowErrorCode.BadOption, $"AWS_ENDPOINT_URL is '{endpoint}'; it is an address like https://host:port.");
        }

        return new S3ObjectStoreOptions
        {
            Endpoint = address,
            Region = First(variable, "AWS_REGION", "AWS_DEFAULT_REGION") ?? "us-east-1",
            AccessKeyId = First(variable, "AWS_ACCESS_KEY_ID") ?? "",
            SecretAccessKey = First(variable, "AWS_SECRET_ACCESS_KEY") ?? "",
            SessionToken = First(variable, "AWS_SESSION_TOKEN"),
        };
    }

    /// <summary>The options without secrets.</summary>
    public override string ToString() => $"s3://{Bucket}/{Prefix} at {Endpoint?.ToString() ?? Region}";

    /// <summary>Checks every option.</summary>
    /// <exception cref="FlowException">Some are wrong (<see cref="FlowErrorCode.BadOption"/>); the message names each with its value and range.</exception>
    internal void Validate()
    {
        var problems = new List<FlowProblem>();
        Check(problems, IsBucket(Bucket), nameof(Bucket), $"'{Bucket}' is 3 to 63 small letters, digits, '-' and '.'");
        Check(problems, Region.Length > 0 && Region.All(c => char.IsAsciiLetterOrDigit(c) || c == '-'), nameof(Region), $"'{Region}' is letters, digits and '-'");
        Check(problems, Endpoint is null or { Scheme: "http" or "https", AbsolutePath: "/", UserInfo: "", Query: "" }, nameof(Endpoint), $"'{Endpoint}' is http or https, a host and a port");
        Check(problems, AccessKeyId.Length > 0, nameof(AccessKeyId), "is missing; set it or AWS_ACCESS_KEY_ID");
        Check(problems, SecretAccessKey.Length > 0, nameof(SecretAccessKey), "is missing; set it or AWS_SECRET_ACCESS_KEY");
        Check(problems, PartBytes is >= PartBytesMin and <= 1 << 30, nameof(PartBytes), $"{PartBytes} is {PartBytesMin} to {1 << 30}");
        Check(problems, AttemptsMax is >= 1 and <= 20, nameof(AttemptsMax), $"{AttemptsMax} is 1 to 20");
        Check(problems, FirstBackoff >= TimeSpan.FromMilliseconds(1) && FirstBackoff <= TimeSpan.FromSeconds(10), nameof(FirstBackoff), $"{FirstBackoff} is 1 ms to 10 s");
        Check(problems, MaxBackoff >= FirstBackoff && MaxBackoff <= TimeSpan.FromMinutes(1), nameof(MaxBackoff), $"{MaxBackoff} is {FirstBackoff} to 1 min");
        Check(problems, RequestTimeout >= TimeSpan.FromSeconds(1) && RequestTimeout <= TimeSpan.FromMinutes(10), nameof(RequestTimeout), $"{RequestTimeout} is 1 s to 10 min");
        if (problems.Count > 0)
        {
            throw new FlowException(FlowErrorCode.BadOption, problems);
        }

        if (Prefix.Length > 0)
        {
            ObjectName.Check(Prefix);
        }
    }

    private static string? First(Func<string, string?> variable, params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (variable(name) is { Length: > 0 } value)
            {
                return value;
            }
        }

        return null;
    }

    private static bool IsBucket(string name) =>
        name.Length is >= 3 and <= 63 && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-' or '.') && !name.Contains("..", StringComparison.Ordinal);

    private static void Check(List<FlowProblem> problems, bool isRight, string option, string message)
    {
        if (!isRight)
        {
            problems.Add(new FlowProblem("bad_option", option, message));
        }
    }
}
