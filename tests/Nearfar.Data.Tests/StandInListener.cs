using System.Net;
using System.Net.Sockets;

namespace Nearfar.Data.Tests;

/// <summary>Listens on this machine and serves each connection by itself, until the test is over.</summary>
internal abstract class StandInListener : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();

    protected StandInListener()
    {
        _listener.Start();
        Root = $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";
        _ = AcceptAsync();
    }

    /// <summary>Address without a slash at its end.</summary>
    public string Root { get; }

    /// <summary>Answers one connection; closes it.</summary>
    protected abstract Task ServeAsync(TcpClient client, CancellationToken stop);

    public void Dispose()
    {
        _stop.Cancel();
        _listener.Dispose();
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _ = ServeAsync(await _listener.AcceptTcpClientAsync(_stop.Token), _stop.Token);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException)
        {
            // the test is over
        }
    }
}
