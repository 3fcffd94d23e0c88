namespace OrleansFlow.Worker.Hosting;

/// <summary>How the value of a worker key is written.</summary>
internal enum WorkerKeyKind
{
    /// <summary>A text.</summary>
    Text,

    /// <summary>A whole number.</summary>
    Number,

    /// <summary>A number of seconds.</summary>
    Seconds,

    /// <summary>A number of milliseconds.</summary>
    Milliseconds,

    /// <summary>true or false.</summary>
    Flag,

    /// <summary>A list of texts; apart by commas in the environment.</summary>
    Texts,

    /// <summary>An object of texts; name=value apart by commas in the environment.</summary>
    Map,
}
